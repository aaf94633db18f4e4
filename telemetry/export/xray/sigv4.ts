import type { Hash, Hmac } from 'node:crypto';
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { CredentialChain } from './endpoint.ts';

/** A POST request before it is sent, its body as it will be. */
export interface Unsigned {
  url: URL;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Signs a request with Signature Version 4; returns all headers it is to be sent with. Rejects when there are no credentials. */
export async function sign(
  { url, headers, body }: Unsigned,
  scope: { service: string; region: string; credentials: CredentialChain },
): Promise<Record<string, string>> {
  const signer = new SignatureV4({ ...scope, sha256: Sha256 });
  const { protocol, hostname, host, pathname: path } = url;
  const request = { method: 'POST', protocol, hostname, path, body, headers: { ...headers, host } };
  const signed = await signer.sign(request);
  return signed.headers;
}

/** What the signer wants of a hash: SHA-256, and HMAC with it when there is a key. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
