import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DeleteBucketCommand, NoSuchBucket, S3Client } from '@aws-sdk/client-s3';
import { emptyBucket } from '../../aws/empty-bucket.ts';
import { bucketsToEmpty } from '../../aws/stacks.ts';
import type { LocalStack } from './localstack.ts';

/** Empties the buckets that go with this stack, as `npm run destroy` does on AWS: one that holds a version is not deleted. */
export async function emptyBucketsOf({ endpoint, region, credentials }: LocalStack, stack: string): Promise<void> {
  const cloudFormation = new CloudFormationClient({ endpoint, region, credentials });
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    for (const bucket of await bucketsToEmpty(cloudFormation, stack)) await emptyBucket(s3, bucket);
  } finally {
    cloudFormation.destroy();
    s3.destroy();
  }
}

/** Deletes a bucket that its stack has left behind, with all it holds. */
export async function removeBucket({ endpoint, region, credentials }: LocalStack, Bucket: string): Promise<void> {
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    await emptyBucket(s3, Bucket);
    await s3.send(new DeleteBucketCommand({ Bucket }));
  } catch (error) {
    if (!(error instanceof NoSuchBucket)) throw error;
  } finally {
    s3.destroy();
  }
}
