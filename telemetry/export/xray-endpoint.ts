import { createHash, createHmac } from 'node:crypto';
import type { Hash, Hmac } from 'node:crypto';
import type { ExporterOptions, TraceExporter } from './exporters.ts';
import type { Environment } from '../variables.ts';
import { otlpPostExporter } from './otlp-post.ts';
import { forXRay } from './xray-attributes.ts';

/** Keys of AWS's, and until when they are good. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

/** Finds credentials; asked before every export, so it is its own matter to remember them. */
export type CredentialChain = () => Promise<AwsCredentials>;

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html */
const MOST = { bytes: 5_000_000, spans: 10_000 };
const HOST = /^xray(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/;

/** The region of X-Ray's OTLP endpoint (`https://xray.<region>.amazonaws.com/v1/traces`); `undefined` for any other address. */
export const xrayRegion = (url: URL | undefined): string | undefined => HOST.exec(url?.hostname ?? '')?.[1];

/** Sends spans to X-Ray's OTLP endpoint: every request signed over the bytes that are sent, compressed or not. */
export function xrayEndpointExporter(
  { url, region, credentials }: { url: URL; region: string; credentials: CredentialChain },
  options: ExporterOptions,
  env: Environment,
): TraceExporter {
  const headersFor = async (body: Uint8Array, headers: Record<string, string>): Promise<Record<string, string>> => {
    // Loaded with the first export: nobody who never signs pays for it at a cold start.
    const { SignatureV4 } = await import('@smithy/signature-v4');
    const signer = new SignatureV4({ service: 'xray', region, credentials, sha256: Sha256 });
    const { protocol, hostname, pathname: path } = url;
    const signed = await signer.sign({
      method: 'POST',
      protocol,
      hostname,
      path,
      body,
      headers: { ...headers, host: url.host },
    });
    return signed.headers;
  };
  return otlpPostExporter({ url, most: MOST, headersFor, view: forXRay }, options, env);
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
