import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectsCommand, ListObjectVersionsCommand, NoSuchBucket, type S3Client } from '@aws-sdk/client-s3';

/** The second finds nothing, unless S3 failed for some keys; more would chase somebody who still writes. */
const PASSES = 4;
/** Before the second pass, where S3 failed in the first; twice as long before each one after that. */
const PAUSE_MS = 1000;

/** What the next try would be told again; anything else that S3 says of a key may be over by then (`InternalError`, `SlowDown`). */
const REFUSALS = new Set(['AccessDenied', 'AllAccessDisabled', 'AccountProblem', 'MethodNotAllowed']);

/**
 * Deletes everything a bucket holds, every version and every delete marker: CloudFormation deletes only buckets that hold neither. A
 * bucket that is gone is empty.
 * @param onDeleted told after each page of at most a thousand how many versions and markers are deleted by now.
 * @param pauseMs before the second pass, where S3 failed in the first; doubled for each one after that.
 * @returns how many there were.
 * @throws Error naming a key of a page that S3 refuses to delete any of, one it failed for to the last, or that something still writes
 * into the bucket.
 */
export async function emptyBucket(
  client: S3Client,
  Bucket: string,
  onDeleted: (count: number) => void = () => {},
  pauseMs: number = PAUSE_MS,
): Promise<number> {
  let deleted = 0;
  let left = '';
  for (let pass = 1; pass <= PASSES; pass++) {
    if (left) await sleep(pauseMs * 2 ** (pass - 2));
    left = '';
    let found = 0;
    for await (const Objects of pages(client, Bucket)) {
      found += Objects.length;
      const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
      const [first] = Errors;
      if (first) left = `${first.Code} for ${first.Key}: ${first.Message}`;
      const refused = Errors.filter(({ Code = '' }) => REFUSALS.has(Code));
      if (refused.length === Objects.length) throw new Error(`${Bucket} cannot be emptied: ${left}`);
      deleted += Objects.length - Errors.length;
      onDeleted(deleted);
    }
    if (found === 0) return deleted;
  }
  throw new Error(`${Bucket} is not empty after ${PASSES} passes: ${left || 'something still writes into it'}`);
}

type Version = { Key: string | undefined; VersionId: string | undefined };

async function* pages(client: S3Client, Bucket: string): AsyncGenerator<Version[]> {
  for (let after = {}; ;) {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket, ...after })).catch((error: unknown) => {
      if (error instanceof NoSuchBucket) return undefined;
      throw error;
    });
    const { Versions = [], DeleteMarkers = [], IsTruncated, NextKeyMarker, NextVersionIdMarker } = page ?? {};
    const all = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (all.length > 0) yield all;
    if (!IsTruncated) return;
    after = { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker };
  }
}
