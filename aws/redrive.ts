import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type ListMessageMoveTasksResultEntry,
  ListMessageMoveTasksCommand,
  QueueDoesNotExist,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A queue as it was when it was looked at. */
export interface QueueState {
  url: string;
  arn: string;
  /** Approximate, as SQS counts. */
  waiting: number;
  inFlight: number;
}

/** How far a move is. */
export interface Moved {
  moved: number;
  /** Undefined while SQS has not counted. */
  toMove: number | undefined;
  running: boolean;
}

/** @throws Error in one line when there is no such queue where the client looks. */
export async function lookAtQueue(sqs: SQSClient, name: string): Promise<QueueState> {
  const { QueueUrl: url = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: name })).catch((error: unknown) => {
    if (error instanceof QueueDoesNotExist) throw new Error(`there is no queue ${name} in this account and region`);
    throw error;
  });
  const AttributeNames = ['QueueArn', 'ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes: said = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...AttributeNames] }),
  );
  return {
    url,
    arn: said.QueueArn ?? '',
    waiting: Number(said.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(said.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}

/**
 * Moves what waits in a dead-letter queue to a queue, in SQS itself, and says how far it is until it is done; one that runs
 * already is watched instead. The destination is always given: messages the consumer moved have no source SQS knows of.
 * @throws Error with SQS's reason when it gives up.
 */
export async function* moveMessages(
  sqs: SQSClient,
  from: QueueState,
  to: QueueState,
  { maxPerSecond, pollMs = 1000 }: { maxPerSecond?: number | undefined; pollMs?: number } = {},
): AsyncGenerator<Moved> {
  const latest = async (): Promise<ListMessageMoveTasksResultEntry | undefined> =>
    (await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: from.arn, MaxResults: 1 }))).Results?.[0];

  const before = await latest();
  const begins = before?.Status !== 'RUNNING';
  if (begins) {
    await sqs.send(
      new StartMessageMoveTaskCommand({
        SourceArn: from.arn,
        DestinationArn: to.arn,
        ...(maxPerSecond !== undefined && { MaxNumberOfMessagesPerSecond: maxPerSecond }),
      }),
    );
  }
  for (;;) {
    const seen = await latest();
    // The list may still end with the task before ours.
    const task = begins && seen?.StartedTimestamp === before?.StartedTimestamp ? undefined : seen;
    const running = task === undefined || task.Status === 'RUNNING' || task.Status === 'CANCELLING';
    yield {
      moved: task?.ApproximateNumberOfMessagesMoved ?? 0,
      toMove: task?.ApproximateNumberOfMessagesToMove,
      running,
    };
    if (task && !running) {
      if (task.Status === 'COMPLETED') return;
      throw new Error(`SQS ended the move: ${task.FailureReason ?? task.Status}`);
    }
    await sleep(pollMs);
  }
}
