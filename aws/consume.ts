import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Context as LambdaContext, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { Permanent } from '../core/permanent.ts';
import type { Opened } from '../telemetry/carry/message.ts';
import { openMessage } from '../telemetry/carry/message.ts';
import { traceInvocation } from '../telemetry/edges/invocation.ts';
import { exportInTime } from '../telemetry/edges/deadline.ts';
import type { Failed, Overdue } from '../telemetry/edges/message.ts';
import { traceMessage } from '../telemetry/edges/message.ts';
import { correlateEntry } from '../telemetry/entry-span.ts';
import { log } from '../telemetry/log.ts';
import type { Telemetry } from '../telemetry/start.ts';
import { backOff, backOffSeconds } from './back-off.ts';
import { DeadlineExceeded, within } from './deadline.ts';
import { moveToDeadLetters } from './poison.ts';

/** What a story may know about how its message came. */
export interface Delivery {
  messageId: string;
  sentAt: Date;
  /** 1 for the first time. */
  receives: number;
  /** Aborted when the story's time is up: it is reported as failed then, whatever it does. */
  signal: AbortSignal;
}

/** What one consumer is. */
export interface Consumer<M extends { correlationId: string | undefined }> {
  queue: { name: string; url: string; deadLetterUrl: string };
  sqs: SQSClient;
  telemetry: Pick<Telemetry, 'flush'>;
  /** Body to message; a `Permanent` sends it to the dead-letter queue. */
  read: (body: unknown, messageId: string) => M;
  /** A throw means "again", `Permanent` "never". */
  story: (message: M, delivery: Delivery) => Promise<void>;
  /** A story's own limit, 25 s when not given. The invocation's is two seconds before its end. */
  capMs?: number;
}

/** Kept for what comes after the stories: a move or a back-off (1 s) and the flush (0.5 s). */
const RESERVE_MS = 2000;
const MOVE_MS = 3000;
/** Of the reserve, what a move must leave for the flush and the answer. */
const ANSWER_MS = 750;

/**
 * Makes the Lambda handler of one queue. Records run concurrently, each under its own trace; only those to be tried again
 * are returned. Nothing a message or a story does fails the batch. Needs ReportBatchItemFailures; not for FIFO queues.
 */
export function consumer<M extends { correlationId: string | undefined }>(
  options: Consumer<M>,
): (event: SQSEvent, context?: Partial<LambdaContext>) => Promise<SQSBatchResponse> {
  return async (event, context = {}) => {
    const records = event.Records ?? [];
    const batch = { queue: options.queue.name, messages: records.length };
    return exportInTime(context, options.telemetry, () =>
      traceInvocation(context, batch, async (invocation) => {
        const settled = records.map(async (record) => {
          const opened = openMessage(record);
          const about = { queue: options.queue.name, invocation };
          try {
            return await traceMessage(opened, about, (failed, overdue) =>
              settle(options, context, { record, opened, failed, overdue }),
            );
          } catch (error) {
            // Neither a story's failure nor a reader's: without a word and a back-off nobody would know why it comes back.
            return comeAgain(options, record, opened.arrival, error);
          }
        });
        const outcomes = await Promise.allSettled(settled);
        const again = records.filter((_, index) => !isDone(outcomes[index]));
        // A record without an id cannot be named: the empty one makes Lambda retry the whole batch, which loses nothing.
        return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId ?? '' })) };
      }),
    );
  };
}

const isDone = (outcome: PromiseSettledResult<'done' | 'again'> | undefined): boolean =>
  outcome?.status === 'fulfilled' && outcome.value === 'done';

/** Without a word from Lambda, as in a call by hand, there is no end. */
const timeLeft = (context: Partial<LambdaContext>): number => context.getRemainingTimeInMillis?.() ?? Infinity;

/** A record on its way, with what marks its span as failed. */
interface Current {
  record: SQSRecord;
  opened: Opened;
  failed: Failed;
  overdue: Overdue;
}

async function settle<M extends { correlationId: string | undefined }>(
  options: Consumer<M>,
  context: Partial<LambdaContext>,
  current: Current,
): Promise<'done' | 'again'> {
  const { body, parseError, arrival } = current.opened;
  const { messageId = '', sentAt = new Date(), receives } = arrival;
  let message: M;
  try {
    if (parseError) throw new Permanent('unreadable-message', parseError.message);
    message = options.read(body, messageId);
  } catch (error) {
    return giveUpOrRetry(options, context, current, error);
  }
  return correlateEntry({ correlationId: message.correlationId }, async () => {
    const limit = Math.min(options.capMs ?? 25_000, timeLeft(context) - RESERVE_MS);
    try {
      await within(limit, async (signal) => options.story(message, { messageId, sentAt, receives, signal }));
      return 'done';
    } catch (error) {
      return giveUpOrRetry(options, context, current, error);
    }
  });
}

async function giveUpOrRetry(
  { queue, sqs }: Pick<Consumer<never>, 'queue' | 'sqs'>,
  context: Partial<LambdaContext>,
  { record, opened, failed, overdue }: Current,
  error: unknown,
): Promise<'done' | 'again'> {
  const { messageId = '', receives } = opened.arrival;
  if (error instanceof Permanent) {
    const failure = { reason: error.reason, queue: queue.name, messageId, receives };
    failed(error, error.reason);
    log.error('message given up', { ...failure, error });
    const left = Math.max(0, Math.min(MOVE_MS, timeLeft(context) - ANSWER_MS));
    try {
      await moveToDeadLetters(sqs, queue.deadLetterUrl, record, failure, AbortSignal.timeout(left));
      return 'done';
    } catch (moveError) {
      log.error('message not moved to the dead-letter queue; it comes again', { ...failure, error: moveError });
      return 'again';
    }
  }
  failed(error);
  if (error instanceof DeadlineExceeded) overdue();
  return comeAgain({ queue, sqs }, record, opened.arrival, error);
}

async function comeAgain(
  { queue, sqs }: Pick<Consumer<never>, 'queue' | 'sqs'>,
  { receiptHandle }: SQSRecord,
  { messageId = '', receives }: Opened['arrival'],
  error: unknown,
): Promise<'again'> {
  const seconds = backOffSeconds(receives, error);
  log.warn('message failed and comes again', { queue: queue.name, messageId, receives, seconds, error });
  await backOff(sqs, queue.url, receiptHandle, seconds);
  return 'again';
}
