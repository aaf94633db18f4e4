import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { unframe } from './aws-chunked.ts';
import { md5 } from './digest.ts';
import { ServiceError } from './errors.ts';
import { listObjects, objectPath, readAbout, removeObject, writeObject, type About } from './objects.ts';
import { xml } from './xml.ts';

export interface S3Request {
  method: string;
  bucket: string;
  /** Empty for a request about the bucket itself. */
  key: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

const LISTING = new Set(['list-type', 'prefix', 'max-keys', 'continuation-token', 'start-after']);
const notKnown = (what: string) => new ServiceError('NotImplemented', `${what} is not known here.`, 501);

/** The operation's name as AWS gives it. Throws `NotImplemented`, naming the request, when `s3` has no such operation. */
export function s3Operation({ method, key, query }: S3Request): keyof ReturnType<typeof s3> {
  const parameters = [...query.keys()].filter((name) => name !== 'x-id');
  if (key !== '' && parameters.length === 0) {
    if (method === 'GET') return 'GetObject';
    if (method === 'HEAD') return 'HeadObject';
    if (method === 'PUT') return 'PutObject';
    if (method === 'DELETE') return 'DeleteObject';
  }
  if (key === '' && query.get('list-type') === '2' && parameters.every((name) => LISTING.has(name))) {
    return 'ListObjectsV2';
  }
  const subject = key === '' ? 'a bucket' : 'an object';
  throw notKnown(`${method} of ${subject}${parameters.length > 0 ? ` with ${parameters.join(', ')}` : ''}`);
}

/**
 * Objects as files, path style. Each change is synchronous from its check to its rename, so of two `If-None-Match: *` one gets 412.
 * No versions, ranges or multipart uploads; a body is at most as large as the server reads.
 */
export function s3(buckets: string[], directory: string) {
  const check = (bucket: string) => {
    if (!buckets.includes(bucket)) throw new ServiceError('NoSuchBucket', 'The specified bucket does not exist.', 404);
  };
  const find = ({ bucket, key }: S3Request): About => {
    check(bucket);
    const about = readAbout(directory, bucket, key);
    if (!about) throw new ServiceError('NoSuchKey', 'The specified key does not exist.', 404);
    return about;
  };

  return {
    PutObject({ bucket, key, headers, body }: S3Request): Reply {
      check(bucket);
      for (const name of ['x-amz-copy-source', 'if-match']) if (headers[name]) throw notKnown(`PutObject with ${name}`);
      const condition = headers['if-none-match'];
      if (condition !== undefined && condition !== '*') throw notKnown('If-None-Match other than *');
      const { content, crc } = readContent(headers, body);
      if (condition === '*' && readAbout(directory, bucket, key)) {
        throw new ServiceError('PreconditionFailed', 'At least one of the pre-conditions did not hold.', 412);
      }
      const etag = `"${md5(content)}"`;
      const modified = new Date().toISOString();
      writeObject(directory, bucket, content, {
        key,
        size: content.length,
        etag,
        modified,
        headers: keptHeaders(headers),
        crc32: crc,
      });
      return { status: 200, headers: { etag, ...(crc && { 'x-amz-checksum-crc32': crc }) } };
    },

    GetObject(request: S3Request): Reply {
      const headers = describe(find(request), request.headers);
      return { status: 200, headers, body: readFileSync(objectPath(directory, request.bucket, request.key)) };
    },

    HeadObject: (request: S3Request): Reply => ({ status: 200, headers: describe(find(request), request.headers) }),

    DeleteObject({ bucket, key }: S3Request): Reply {
      check(bucket);
      removeObject(directory, bucket, key);
      return { status: 204 };
    },

    ListObjectsV2({ bucket, query }: S3Request): Reply {
      check(bucket);
      const prefix = query.get('prefix') ?? '';
      const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
      const max = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
      const all = listObjects(directory, bucket).filter(({ key }) => key.startsWith(prefix) && key > after);
      const page = all.slice(0, max);
      const more = all.length > page.length;
      const contents = page.map(({ key, modified, etag, size }) =>
        xml({ Contents: { Key: key, LastModified: modified, ETag: etag, Size: size, StorageClass: 'STANDARD' } }),
      );
      const head = xml({
        Name: bucket,
        Prefix: prefix,
        KeyCount: page.length,
        MaxKeys: max,
        IsTruncated: more,
        ...(more && { NextContinuationToken: page.at(-1)?.key }),
      });
      const body = `<ListBucketResult>${head}${contents.join('')}</ListBucketResult>`;
      return { status: 200, headers: { 'content-type': 'application/xml' }, body };
    },
  };
}

/** The bytes without frames, and their checksum if the client sent it as a header or a trailer. Throws when it is wrong. */
function readContent(headers: IncomingHttpHeaders, body: Buffer): { content: Buffer; crc: string | undefined } {
  const streamed = String(headers['x-amz-content-sha256']).startsWith('STREAMING-');
  const { content, trailers } = streamed ? unframe(body) : { content: body, trailers: {} };
  const given = [headers['x-amz-checksum-crc32'] ?? trailers['x-amz-checksum-crc32']].flat()[0];
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(content));
  if (given !== undefined && given !== bytes.toString('base64')) {
    throw new ServiceError('BadDigest', 'The CRC32 you specified did not match the calculated checksum.');
  }
  return { content, crc: given };
}

const KEPT = /^(content-type|content-disposition|content-language|cache-control|x-amz-meta-.+)$/;

function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => KEPT.test(name));
  return { 'content-type': 'binary/octet-stream', ...(Object.fromEntries(kept) as Record<string, string>) };
}

function describe({ headers, etag, size, modified, crc32 }: About, asked: IncomingHttpHeaders): Record<string, string> {
  const checksum = asked['x-amz-checksum-mode'] === 'ENABLED' && crc32;
  return {
    ...headers,
    etag,
    'content-length': String(size),
    'last-modified': new Date(modified).toUTCString(),
    ...(checksum && { 'x-amz-checksum-crc32': checksum, 'x-amz-checksum-type': 'FULL_OBJECT' }),
  };
}
