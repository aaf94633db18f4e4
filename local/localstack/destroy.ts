import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  NoSuchBucket,
  S3Client,
} from '@aws-sdk/client-s3';
import type { LocalStack } from './localstack.ts';
import { removeStacks } from './remove.ts';
import { isOurs, stacksOf } from './stacks.ts';

const BOOTSTRAP = 'CDKToolkit';

/**
 * Removes the stacks of stage `local`, newest first, and the bootstrap stack with its bucket when nothing else needs it.
 * @returns the names of the stacks that were there.
 */
export async function destroy(localstack: LocalStack, tell: (step: string, detail: string) => void): Promise<string[]> {
  const stacks = stacksOf(localstack);
  const removed: string[] = [];
  const all = await stacks.all();
  const newestFirst = all.toSorted((a, b) => Number(b.CreationTime) - Number(a.CreationTime));
  const bucket = (await stacks.outputs())['BucketName'];
  if (bucket) await empty(localstack, bucket);
  await removeStacks(
    localstack,
    newestFirst.filter(isOurs).map(({ StackName = '' }) => StackName),
    (name) => {
      removed.push(name);
      tell('removed', name);
    },
  );

  const left = await stacks.all();
  const bootstrap = left.find(({ StackName }) => StackName === BOOTSTRAP);
  if (!bootstrap || left.length > 1) return removed;
  const staging = bootstrap.Outputs?.find(({ OutputKey }) => OutputKey === 'BucketName')?.OutputValue;
  await stacks.remove(BOOTSTRAP);
  if (staging) await empty(localstack, staging, { andDelete: true }); // the template retains it, and a second bootstrap would find it
  tell('removed', BOOTSTRAP);
  return [...removed, BOOTSTRAP];
}

/** CloudFormation deletes no bucket that holds something, and a version counts. */
async function empty({ endpoint, region, credentials }: LocalStack, Bucket: string, { andDelete = false } = {}) {
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    for (;;) {
      const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
      const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
      if (Objects.length === 0) break;
      await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    }
    if (andDelete) await client.send(new DeleteBucketCommand({ Bucket }));
  } catch (error) {
    if (!(error instanceof NoSuchBucket)) throw error;
  } finally {
    client.destroy();
  }
}
