import { ServiceError } from './errors.ts';

/**
 * Takes the frames off a body sent as `aws-chunked` (what the SDK does with streams): `<hex length>[;extension]\r\n<bytes>\r\n`, up to a
 * chunk of length 0, then the trailers, of which the checksum is one.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function unframe(framed: Buffer): { content: Buffer; trailers: Record<string, string> } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = framed.indexOf('\r\n', at);
    const length = Number.parseInt(framed.toString('latin1', at, end), 16);
    if (end < 0 || !(length >= 0) || end + 2 + length > framed.length) {
      throw new ServiceError('IncompleteBody', 'The aws-chunked body is broken.');
    }
    at = end + 2;
    if (length === 0) break;
    chunks.push(framed.subarray(at, at + length));
    at += length + 2;
  }
  const lines = framed.toString('latin1', at).split('\r\n').filter(Boolean);
  const trailers = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ]);
  return { content: Buffer.concat(chunks), trailers: Object.fromEntries(trailers) as Record<string, string> };
}
