import assert from 'node:assert/strict';
import { after, type TestContext } from 'node:test';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSMessageAttributes, SQSRecord } from 'aws-lambda';
import { eventBridgeClient, sqsClient } from '../../aws/clients.ts';
import { consumer } from '../../aws/consume.ts';
import { span } from '../../telemetry/span.ts';
import { bench } from './local-aws.ts';
import { aLambdaContext } from './records.ts';

/** What the consumer is told of a message: which one it is, wherever its carrier has put that. */
interface Letter {
  correlationId: string | undefined;
  thing: string;
}

/** One queue on loopback AWS, `work` on the bus `bus`, and its consumer, the one that functions have, in this process. */
export async function openMailbox() {
  const aws = await bench({ after: (done: () => void) => after(done) } as unknown as TestContext);
  const before = { ...process.env };
  Object.assign(process.env, aws.environment);
  after(() => {
    process.env = before;
  });
  const sqs = sqsClient();
  const queue = { name: 'work', url: aws.urlOf('work'), deadLetterUrl: aws.urlOf('work-dlq') };

  /** Takes so many messages out of the queue, as the SDK gives them; `keep` leaves them there, to come again at once. */
  const receive = async (count: number, keep = false): Promise<Message[]> => {
    const ask = { QueueUrl: queue.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: keep ? 0 : 60 };
    const all = { MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All' as const] };
    const messages: Message[] = [];
    while (messages.length < count) {
      const { Messages = [] } = await aws.sqs.send(new ReceiveMessageCommand({ ...ask, ...all }));
      assert.ok(Messages.length > 0, `${messages.length} of ${count} messages came`);
      for (const { ReceiptHandle } of Messages) {
        if (!keep) await aws.sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));
      }
      messages.push(...Messages);
    }
    return messages;
  };

  /** Has one batch processed; below each message's span `work` runs under a span of its own, `work <thing>`. */
  const process_ = async (records: SQSRecord[], work: (thing: string) => Promise<void> = async () => {}) => {
    const handler = consumer<Letter>({
      queue,
      sqs,
      telemetry: { flush: async () => {} },
      read: (body) => ({ correlationId: undefined, thing: thingIn(body) }),
      story: ({ thing }) => span(`work ${thing}`, () => work(thing)),
    });
    assert.deepEqual(await handler({ Records: records }, aLambdaContext()), { batchItemFailures: [] });
  };

  return { aws, sqs, eventBridge: eventBridgeClient(), queue, receive, process: process_ };
}

export type Mailbox = Awaited<ReturnType<typeof openMailbox>>;

/** The same message as Lambda hands it to a function. */
export function asLambda({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes }: Message): SQSRecord {
  const attributes = Object.entries(MessageAttributes ?? {}).map(([name, { DataType, StringValue, BinaryValue }]) => [
    name,
    {
      dataType: DataType,
      stringValue: StringValue,
      binaryValue: BinaryValue && Buffer.from(BinaryValue).toString('base64'),
    },
  ]);
  return {
    messageId: MessageId ?? '',
    receiptHandle: ReceiptHandle ?? '',
    body: Body ?? '',
    attributes: { ...Attributes } as unknown as SQSRecord['attributes'],
    messageAttributes: Object.fromEntries(attributes) as SQSMessageAttributes,
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:work',
    awsRegion: 'us-east-1',
  };
}

function thingIn(body: unknown): string {
  const { detail, Message, thing } = body as { detail?: Letter; Message?: string; thing?: string };
  if (Message !== undefined) return (JSON.parse(Message) as Letter).thing;
  return String(detail?.thing ?? thing);
}
