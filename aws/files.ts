import type { S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';

/**
 * Puts an object that nobody ever changes: its key must follow from its content. `exists` is as good as `created`.
 * @throws S3ServiceException for all but 200 and 412; a 409 (two writers at once) among them: put it again.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export async function putFile(
  client: S3Client,
  bucket: string,
  key: string,
  content: string,
  contentType: string,
  abortSignal?: AbortSignal,
): Promise<'created' | 'exists'> {
  const object = { Bucket: bucket, Key: key, Body: content, ContentType: contentType, IfNoneMatch: '*' };
  try {
    await client.send(new PutObjectCommand(object), abortSignal && { abortSignal });
    return 'created';
  } catch (error) {
    if (error instanceof Error && error.name === 'PreconditionFailed') return 'exists';
    throw error;
  }
}
