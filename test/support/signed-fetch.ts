import type { Hash, Hmac } from 'node:crypto';
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

type Signing = ConstructorParameters<typeof SignatureV4>[0];

/** A request before it is signed. */
export interface PlainRequest {
  method: string;
  headers: Record<string, string>;
  body?: string;
}

/** `fetch` for an API that IAM guards: signed with Signature Version 4 for the service `execute-api`. */
export function signedFetch({ region, credentials }: Pick<Signing, 'region' | 'credentials'>) {
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  return async (address: string, { method, headers, body }: PlainRequest): Promise<Response> => {
    const { protocol, hostname, host, pathname, searchParams } = new URL(address);
    const query: Record<string, string[]> = {};
    for (const name of searchParams.keys()) query[name] = searchParams.getAll(name);
    const about = { method, protocol, hostname, path: pathname, query };
    const signed = await signer.sign({ ...about, headers: { ...headers, host }, body });
    return fetch(address, { method, headers: signed.headers, ...(body === undefined ? {} : { body }) });
  };
}

/** What the signer wants of a hash: SHA-256, and HMAC with it when there is a key. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(key?: unknown) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key as Buffer | string);
  }

  update(data: unknown): void {
    this.#hash.update(data as Buffer | string);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}
