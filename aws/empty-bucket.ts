import { DeleteObjectsCommand, ListObjectVersionsCommand, NoSuchBucket, type S3Client } from '@aws-sdk/client-s3';

/** The second finds nothing, unless S3 was too slow for some keys; more would chase somebody who still writes. */
const PASSES = 3;

/**
 * Deletes everything a bucket holds, every version and every delete marker: CloudFormation deletes only buckets that hold neither. A
 * bucket that is gone is empty.
 * @param onDeleted told after each page of at most a thousand how many versions and markers are deleted by now.
 * @returns how many there were.
 * @throws Error naming the first key that S3 refuses to delete, or that something still writes into the bucket.
 */
export async function emptyBucket(
  client: S3Client,
  Bucket: string,
  onDeleted: (count: number) => void = () => {},
): Promise<number> {
  let deleted = 0;
  let left = '';
  for (let pass = 1; pass <= PASSES; pass++) {
    let found = 0;
    for await (const Objects of pages(client, Bucket)) {
      found += Objects.length;
      const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
      const [refused] = Errors;
      if (refused) left = `${refused.Code} for ${refused.Key}: ${refused.Message}`;
      if (Errors.length === Objects.length) throw new Error(`${Bucket} cannot be emptied: ${left}`);
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
