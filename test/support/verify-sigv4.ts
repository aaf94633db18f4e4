import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** A request as it came off the socket. */
export interface SignedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/**
 * Judges a request's Signature Version 4 as a service of AWS's does, from the documentation alone; returns the scope it was signed for.
 * @throws when the signature is not that of this very request.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySigV4(
  request: SignedRequest,
  secretAccessKey: string,
): { keyId: string; scope: string; signed: string[] } {
  const { authorization = '' } = request.headers;
  const [, keyId = '', scope = '', names = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([\da-f]{64})$/.exec(
      authorization,
    ) ?? [];
  const [date = '', region = '', service = '', end = ''] = scope.split('/');
  const headers = names
    .split(';')
    .map((name) => `${name}:${String(request.headers[name]).trim().replaceAll(/ +/g, ' ')}\n`);
  const { pathname, search } = new URL(request.url, 'http://x');
  const query = search.slice(1).split('&').toSorted().join('&');
  const canonical = [request.method, pathname, query, headers.join(''), names, sha256(request.body)].join('\n');
  const time = String(request.headers['x-amz-date']);
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [date, region, service, end].reduce<Buffer>(
    (hmacKey, part) => hmac(hmacKey, part),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  if (hmac(key, toSign).toString('hex') !== signature)
    throw new Error(`not the signature of this request: ${authorization}`);
  if (!time.startsWith(date)) throw new Error(`signed for ${date}, sent at ${time}`);
  return { keyId, scope: [region, service, end].join('/'), signed: names.split(';') };
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
