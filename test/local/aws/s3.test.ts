import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { bench, type Bench } from '../../support/local-aws.ts';

const put = ({ s3 }: Bench, Key: string, Body: PutObjectCommandInput['Body'], options: object = {}) =>
  s3.send(new PutObjectCommand({ Bucket: 'files', Key, Body, ...options } as PutObjectCommandInput));
const get = ({ s3 }: Bench, Key: string) => s3.send(new GetObjectCommand({ Bucket: 'files', Key }));

test('an object comes back as it was put, with its type and metadata, and is a file of that path', async (t) => {
  const aws = await bench(t);
  const ETag = `"${createHash('md5').update('grüße').digest('hex')}"`;
  const answer = await put(aws, 'placements/p 1/ü.vtt', 'grüße', {
    ContentType: 'text/vtt',
    Metadata: { by: 'test' },
  });
  assert.equal(answer.ETag, ETag);
  const found = await get(aws, 'placements/p 1/ü.vtt');
  assert.equal(await found.Body?.transformToString(), 'grüße');
  assert.deepEqual(
    [found.ContentType, found.Metadata, found.ETag, found.ContentLength],
    ['text/vtt', { by: 'test' }, ETag, 7],
  );
  assert.equal(readFileSync(aws.objectPath('files', 'placements/p 1/ü.vtt'), 'utf8'), 'grüße');
  const head = await aws.s3.send(new HeadObjectCommand({ Bucket: 'files', Key: 'placements/p 1/ü.vtt' }));
  assert.equal(head.ContentLength, 7);
});

test('a stream is put without its frames', async (t) => {
  const aws = await bench(t);
  const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
  const stream = Readable.from([content.subarray(0, 70_000), content.subarray(70_000)]);
  await put(aws, 'stream', stream, { ContentLength: content.length });
  const bytes = await (await get(aws, 'stream')).Body?.transformToByteArray();
  assert.ok(content.equals(bytes ?? new Uint8Array()));
});

test('with If-None-Match: * the first of several wins, and the others get 412', async (t) => {
  const aws = await bench(t);
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) => put(aws, 'once', `writer ${i}`, { IfNoneMatch: '*' })),
  );
  const lost = results.filter((result) => result.status === 'rejected');
  assert.equal(lost.length, 7);
  for (const { reason } of lost) {
    assert.deepEqual([reason.name, reason.$metadata.httpStatusCode], ['PreconditionFailed', 412]);
  }
  const winner = results.findIndex(({ status }) => status === 'fulfilled');
  assert.equal(await (await get(aws, 'once')).Body?.transformToString(), `writer ${winner}`);
});

test('no key leaves the folder', async (t) => {
  const aws = await bench(t);
  for (const key of ['a/../../../../escape', '/leading//empty/', './dot']) {
    await put(aws, key, key);
    assert.equal(await (await get(aws, key)).Body?.transformToString(), key);
    assert.ok(!aws.objectPath('files', key).split('/').includes('..'));
  }
});

test('a listing is by key, by prefix, and in pages', async (t) => {
  const aws = await bench(t);
  for (const key of ['b/2', 'a/<&>', 'b/1', 'b/3']) await put(aws, key, 'x');
  const list = (options: object = {}) => aws.s3.send(new ListObjectsV2Command({ Bucket: 'files', ...options }));
  const keys = (answer: Awaited<ReturnType<typeof list>>) => answer.Contents?.map(({ Key }) => Key);
  assert.deepEqual(keys(await list()), ['a/<&>', 'b/1', 'b/2', 'b/3']);
  const first = await list({ Prefix: 'b/', MaxKeys: 2 });
  assert.deepEqual([keys(first), first.IsTruncated], [['b/1', 'b/2'], true]);
  const second = await list({ Prefix: 'b/', ContinuationToken: first.NextContinuationToken });
  assert.deepEqual([keys(second), second.IsTruncated], [['b/3'], false]);
});

test('what is not there, deleted, or in no bucket of the template is not found', async (t) => {
  const aws = await bench(t);
  await assert.rejects(get(aws, 'nothing'), { name: 'NoSuchKey' });
  await put(aws, 'gone', 'x');
  await aws.s3.send(new DeleteObjectCommand({ Bucket: 'files', Key: 'gone' }));
  await assert.rejects(get(aws, 'gone'), { name: 'NoSuchKey' });
  await assert.rejects(put(aws, 'x', 'x', { Bucket: 'nobody' }), { name: 'NoSuchBucket' });
  await assert.rejects(aws.s3.send(new HeadObjectCommand({ Bucket: 'files', Key: 'nothing' })), { name: 'NotFound' });
});

test('a wrong checksum is refused, and an operation that is not known is named', async (t) => {
  const aws = await bench(t);
  await assert.rejects(put(aws, 'x', 'x', { ChecksumCRC32: 'AAAAAA==' }), { name: 'BadDigest' });
  await assert.rejects(get(aws, 'x'), { name: 'NoSuchKey' });
  await put(aws, 'x', 'x');
  const copy = new CopyObjectCommand({ Bucket: 'files', Key: 'y', CopySource: 'files/x' });
  await assert.rejects(aws.s3.send(copy), /x-amz-copy-source/);
  const partial = new ListObjectsV2Command({ Bucket: 'files', Delimiter: '/' });
  await assert.rejects(aws.s3.send(partial), /GET of a bucket with delimiter, list-type is not known here/);
});

test('objects survive a restart', async (t) => {
  const first = await bench(t);
  await put(first, 'kept', 'x', { ContentType: 'text/vtt' });
  await first.stop();
  const second = await bench(t, { directory: first.directory });
  assert.equal((await get(second, 'kept')).ContentType, 'text/vtt');
});

test('a test can have S3 fail', async (t) => {
  const aws = await bench(t, {
    faults: {
      fail: (service, operation) =>
        service === 's3' && operation === 'PutObject' ? { status: 500, code: 'InternalError' } : undefined,
    },
  });
  await assert.rejects(put(aws, 'x', 'x'), { name: 'InternalError' });
  await assert.rejects(get(aws, 'x'), { name: 'NoSuchKey' });
});
