import type { MessageAttributeValue, SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';
import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { carryInMessage } from '../telemetry/carry/sqs.ts';
import type { TraceContext } from '../telemetry/carry/trace-context.ts';
import { startSend } from '../telemetry/edges/send.ts';
import type { Outcome, Ready } from './batches.ts';
import { sendInBatches } from './batches.ts';
import { messageBytes } from './message-size.ts';

/** One command for a queue. */
export interface QueueMessage {
  /** Its `command` names it on the span. */
  body: Record<string, unknown>;
  /** What made us say it: the parent of its `send` span. */
  context: TraceContext | undefined;
  /** Whose work it was, beside what the baggage of `context` says. */
  correlationId?: string | undefined;
  /** Beside those that carry the trace; ten in all. */
  attributes?: Record<string, MessageAttributeValue>;
}

/** Ten entries and 1 MiB for one SendMessageBatch, which is also the limit of one message; a tenth is kept free. */
const LIMIT = { entries: 10, bytes: 940_000 };

/**
 * Sends commands to a queue, each with its own `send` span and that span's context in its attributes. One outcome per
 * message, in the same order; never throws.
 */
export function sendMessages(
  client: SQSClient,
  queue: { name: string; url: string },
  messages: QueueMessage[],
  abortSignal?: AbortSignal,
): Promise<Outcome[]> {
  return sendInBatches(
    messages,
    LIMIT,
    (message) => prepare(queue.name, message),
    async (batch) => {
      const Entries = batch.map((entry, index) => ({ ...entry, Id: String(index) }));
      const command = new SendMessageBatchCommand({ QueueUrl: queue.url, Entries });
      const answer = await client.send(command, abortSignal && { abortSignal });
      const parts = Entries.map(({ Id }) => ({
        id: answer.Successful?.find((part) => part.Id === Id)?.MessageId,
        error: answer.Failed?.find((part) => part.Id === Id)?.Code,
      }));
      return { parts, requestId: answer.$metadata.requestId };
    },
  );
}

/**
 * Wakes the relay after a delay (0 to 900 s). One second in all; give it the client that makes one attempt. No span and no
 * context: it belongs to all that this process commits in the next half delay, not to the request that happens to send it.
 */
export async function sendNudge(client: SQSClient, url: string, delaySeconds: number): Promise<void> {
  const nudge = new SendMessageCommand({ QueueUrl: url, MessageBody: '{}', DelaySeconds: delaySeconds });
  await client.send(nudge, { abortSignal: AbortSignal.timeout(1000) });
}

function prepare(
  queue: string,
  { body, context, correlationId, attributes }: QueueMessage,
): Ready<Omit<SendMessageBatchRequestEntry, 'Id'>> {
  const { command } = body;
  const about = typeof command === 'string' ? command : undefined;
  const sent = startSend({ system: 'aws.sqs', destination: queue, about, context, correlationId });
  const carried = carryInMessage(attributes ?? {}, sent.context, sent.correlationId);
  const entry = {
    MessageBody: JSON.stringify(body),
    MessageAttributes: carried.attributes,
    MessageSystemAttributes: carried.systemAttributes,
  };
  return { entry, sent, bytes: messageBytes(entry.MessageBody, carried.attributes) };
}
