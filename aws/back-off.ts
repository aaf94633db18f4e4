import type { SQSClient } from '@aws-sdk/client-sqs';
import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs';
import { Unavailable } from '../core/unavailable.ts';
import { untraced } from '../telemetry/edges/aws-client.ts';
import { log } from '../telemetry/log.ts';

/** So that the end of an outage is noticed within two minutes. */
const CAP_SECONDS = 120;

/** SQS hides a message twelve hours at most; nobody else may say how long ours waits beyond a quarter of an hour. */
const ASKED_CAP_SECONDS = 900;

/**
 * When to try again: 1 to min(2^receives, 120) seconds, with full jitter, so that what failed together does not come back together;
 * but not before what the failure itself asked for (`Unavailable.retryAfter`, which a webhook's Retry-After becomes).
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backOffSeconds(receives: number, error: unknown, random = Math.random): number {
  const asked = error instanceof Unavailable ? Math.min(error.retryAfter, ASKED_CAP_SECONDS) : 0;
  return Math.max(1, Math.ceil(asked), Math.ceil(random() * Math.min(2 ** receives, CAP_SECONDS)));
}

/**
 * Hides a failed message until its time to be tried again. Best effort within a second: if it cannot be said, the queue's
 * own visibility time-out, six times the function's, has the same effect later.
 */
export async function backOff(sqs: SQSClient, queueUrl: string, receipt: string, seconds: number): Promise<void> {
  const command = new ChangeMessageVisibilityCommand({
    QueueUrl: queueUrl,
    ReceiptHandle: receipt,
    VisibilityTimeout: seconds,
  });
  try {
    await untraced(() => sqs.send(command, { abortSignal: AbortSignal.timeout(1000) }));
  } catch (error) {
    log.warn('back-off could not be set; the queue gives the message back later', { error });
  }
}
