import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { emptyBucket } from '../../aws/empty-bucket.ts';
import { startAwsEndpoint } from '../support/aws-endpoint.ts';

/** S3 with a versioned bucket, as far as emptying goes: pages of two, and keys it will not delete. Against a real one: test/e2e/destroy.test.ts. */
async function aBucket(
  t: TestContext,
  about: { keys: string[]; refuses?: (key: string) => boolean; code?: string; writes?: boolean },
) {
  const { refuses = () => false, code = 'AccessDenied', writes = false } = about;
  let keys = about.keys.toSorted();
  const { requests } = await startAwsEndpoint(t, ({ operation, body }) => {
    if (operation.startsWith('GET ')) {
      const marker = new URL(operation.slice(4), 'http://s3').searchParams.get('key-marker') ?? '';
      const rest = keys.filter((key) => key > marker);
      const page = rest.slice(0, 2);
      const more = `<NextKeyMarker>${page.at(-1)}</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>`;
      const versions = page.map((key) => `<Version><Key>${key}</Key><VersionId>v</VersionId></Version>`).join('');
      const truncated = rest.length > page.length;
      const head = `<IsTruncated>${truncated}</IsTruncated>${truncated ? more : ''}`;
      return { body: `<ListVersionsResult>${head}${versions}</ListVersionsResult>` };
    }
    const asked = [...body.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) => key);
    const refused = asked.filter(refuses);
    keys = keys.filter((key) => !asked.includes(key) || refused.includes(key));
    if (writes) keys.push(`${asked[0]}-new`);
    return { body: `<DeleteResult>${refused.map((key) => errorOf(key, code)).join('')}</DeleteResult>` };
  });
  const client = new S3Client({ forcePathStyle: true });
  t.after(() => client.destroy());
  return { client, requests, left: () => keys };
}

const errorOf = (key: string, code: string) =>
  `<Error><Key>${key}</Key><Code>${code}</Code><Message>No</Message></Error>`;

test('every page is deleted, told how far it is', async (t) => {
  const { client, left } = await aBucket(t, { keys: ['a', 'b', 'c', 'd', 'e'] });
  const told: number[] = [];
  assert.equal(await emptyBucket(client, 'files', (count) => told.push(count)), 5);
  assert.deepEqual([told, left()], [[2, 4, 5], []]);
});

test('a bucket that is gone is empty', async (t) => {
  await startAwsEndpoint(t, () => ({ status: 404, body: '<Error><Code>NoSuchBucket</Code></Error>' }));
  const client = new S3Client({ forcePathStyle: true });
  assert.equal(await emptyBucket(client, 'files'), 0);
});

test('where nothing may be deleted the first refusal is the end', async (t) => {
  const { client, requests } = await aBucket(t, { keys: ['a', 'b', 'c'], refuses: () => true });
  await assert.rejects(emptyBucket(client, 'files'), /^Error: files cannot be emptied: AccessDenied for a: No$/);
  assert.equal(requests.length, 2);
});

test('what S3 itself failed for is tried again after a pause, even where it was all of a page', async (t) => {
  for (const code of ['InternalError', 'SlowDown', 'ServiceUnavailable']) {
    let failures = 2;
    const { client, left } = await aBucket(t, { keys: ['a'], refuses: () => failures-- > 0, code });
    const began = performance.now();
    assert.equal(await emptyBucket(client, 'files', () => {}, 50), 1, code);
    assert.deepEqual(left(), []);
    assert.ok(performance.now() - began >= 140, 'paused 50 and 100 ms');
  }
});

test('where S3 fails every time that is the end too, with what it said', async (t) => {
  const { client } = await aBucket(t, { keys: ['a'], refuses: () => true, code: 'InternalError' });
  await assert.rejects(
    emptyBucket(client, 'files', () => {}, 1),
    /^Error: files is not empty after 4 passes: InternalError for a: No$/,
  );
});

test('a key that stays refused is named, and everything else is gone', async (t) => {
  const { client, left } = await aBucket(t, { keys: ['a', 'b', 'c'], refuses: (key) => key === 'b' });
  await assert.rejects(
    emptyBucket(client, 'files', () => {}, 1),
    /files cannot be emptied: AccessDenied for b: No/,
  );
  assert.deepEqual(left(), ['b']);
});

test('a bucket that somebody still writes into is given up, not chased', async (t) => {
  const { client } = await aBucket(t, { keys: ['a'], writes: true });
  await assert.rejects(emptyBucket(client, 'files'), /is not empty after 4 passes: something still writes into it/);
});
