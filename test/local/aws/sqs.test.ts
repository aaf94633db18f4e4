import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
  type Message,
} from '@aws-sdk/client-sqs';
import { eventually } from '../../support/eventually.ts';
import { bench, type Bench } from '../../support/local-aws.ts';

const everything = {
  MaxNumberOfMessages: 10,
  MessageAttributeNames: ['All'],
  MessageSystemAttributeNames: ['All' as const],
};

async function receive({ sqs, urlOf }: Bench, queue: string, options: object = {}): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: urlOf(queue), ...everything, ...options }),
  );
  return Messages;
}
const many = (count: number, body = 'x') =>
  Array.from({ length: count }, (_, i) => ({ Id: `${i}`, MessageBody: body }));
const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const send = ({ sqs, urlOf }: Bench, queue: string, options: object = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl: urlOf(queue), MessageBody: 'hello', ...options }));

test('the SDK accepts the digests of a body and attributes of every type', async (t) => {
  const aws = await bench(t);
  const MessageAttributes = {
    traceparent: { DataType: 'String', StringValue: '00-ä-ö' },
    count: { DataType: 'Number.int', StringValue: '7' },
    bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255, 1]) },
  };
  await send(aws, 'other', { MessageBody: 'grüße 🎬', MessageAttributes });
  const [message] = await receive(aws, 'other');
  assert.equal(message?.Body, 'grüße 🎬');
  assert.equal(message?.MessageAttributes?.['traceparent']?.StringValue, '00-ä-ö');
  assert.deepEqual([...(message?.MessageAttributes?.['bytes']?.BinaryValue ?? [])], [0, 255, 1]);
});

test('a message carries its system attributes, and only those that were asked for', async (t) => {
  const aws = await bench(t);
  const before = Date.now();
  const AWSTraceHeader = { DataType: 'String', StringValue: 'Root=1-a-b;Parent=c;Sampled=1' };
  await send(aws, 'other', { MessageSystemAttributes: { AWSTraceHeader } });
  const options = { MessageSystemAttributeNames: ['SentTimestamp', 'AWSTraceHeader', 'ApproximateReceiveCount'] };
  const [message] = await receive(aws, 'other', options);
  const { SentTimestamp, ...others } = message?.Attributes ?? {};
  assert.ok(Number(SentTimestamp) >= before && Number(SentTimestamp) <= Date.now());
  assert.deepEqual(others, { AWSTraceHeader: AWSTraceHeader.StringValue, ApproximateReceiveCount: '1' });
});

test('in a batch the refused entry is named and the others are sent', async (t) => {
  const aws = await bench(t, { queue: { MaximumMessageSize: 1024 } });
  const Entries = [
    { Id: 'good', MessageBody: 'x' },
    { Id: 'large', MessageBody: 'x'.repeat(1025) },
    { Id: 'control', MessageBody: '\u0000' },
  ];
  const answer = await aws.sqs.send(new SendMessageBatchCommand({ QueueUrl: aws.urlOf('work'), Entries }));
  assert.deepEqual(
    answer.Successful?.map(({ Id }) => Id),
    ['good'],
  );
  assert.deepEqual(
    answer.Failed?.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault]),
    [
      ['large', 'InvalidParameterValue', true],
      ['control', 'InvalidMessageContents', true],
    ],
  );
});

test('limits are refused by the names AWS gives them', async (t) => {
  const aws = await bench(t);
  const batch = (Entries: { Id: string; MessageBody: string }[]) =>
    aws.sqs.send(new SendMessageBatchCommand({ QueueUrl: aws.urlOf('work'), Entries }));
  await assert.rejects(batch([]), { name: 'EmptyBatchRequest' });
  await assert.rejects(batch(many(11)), { name: 'TooManyEntriesInBatchRequest' });
  await assert.rejects(batch(many(2, 'x'.repeat(600_000))), { name: 'BatchRequestTooLong' });
  await assert.rejects(batch([...many(1), ...many(1)]), { name: 'BatchEntryIdsNotDistinct' });
  await assert.rejects(batch([{ Id: 'a b', MessageBody: 'x' }]), { name: 'InvalidBatchEntryId' });
  await assert.rejects(send(aws, 'nobody'), { name: 'QueueDoesNotExist' });
  await assert.rejects(send(aws, 'work', { DelaySeconds: 901 }), { name: 'InvalidParameterValue' });
  await assert.rejects(send(aws, 'work', { MessageBody: 'x'.repeat(1_048_577) }), { name: 'InvalidParameterValue' });
  const attributes = Array.from({ length: 11 }, (_, i) => [`a${i}`, { DataType: 'String', StringValue: 'x' }]);
  await assert.rejects(send(aws, 'work', { MessageAttributes: Object.fromEntries(attributes) as object }), /\[11\]/);
  await assert.rejects(receive(aws, 'work', { MaxNumberOfMessages: 11 }), { name: 'InvalidParameterValue' });
  await send(aws, 'work', { MessageBody: 'x'.repeat(1_048_576) });
});

test('a message is invisible while in flight, comes back with a higher count, and is gone once deleted', async (t) => {
  const aws = await bench(t);
  await send(aws, 'work');
  const [first] = await receive(aws, 'work');
  assert.deepEqual(await receive(aws, 'work'), []);
  const [second] = await receive(aws, 'work', { WaitTimeSeconds: 2 });
  assert.equal(second?.MessageId, first?.MessageId);
  assert.equal(second?.Attributes?.['ApproximateReceiveCount'], '2');
  assert.equal(
    second?.Attributes?.['ApproximateFirstReceiveTimestamp'],
    first?.Attributes?.['ApproximateFirstReceiveTimestamp'],
  );

  const stale = { QueueUrl: aws.urlOf('work'), ReceiptHandle: first?.ReceiptHandle };
  await aws.sqs.send(new DeleteMessageCommand(stale));
  const [third] = await receive(aws, 'work', { WaitTimeSeconds: 2 });
  assert.equal(third?.Attributes?.['ApproximateReceiveCount'], '3');
  await aws.sqs.send(new DeleteMessageCommand({ ...stale, ReceiptHandle: third?.ReceiptHandle }));
  assert.deepEqual(await receive(aws, 'work', { WaitTimeSeconds: 1 }), []);
  await aws.sqs.send(new DeleteMessageCommand({ ...stale, ReceiptHandle: third?.ReceiptHandle }));
});

test('a visibility can be changed while in flight, and not by a handle that is none', async (t) => {
  const aws = await bench(t, { queue: { VisibilityTimeout: 60 } });
  await send(aws, 'work');
  const [message] = await receive(aws, 'work');
  const change = (ReceiptHandle: string | undefined) =>
    aws.sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: aws.urlOf('work'), ReceiptHandle, VisibilityTimeout: 0 }),
    );
  await change(message?.ReceiptHandle);
  await assert.rejects(change(message?.ReceiptHandle), { name: 'MessageNotInflight' });
  assert.equal((await receive(aws, 'work')).length, 1);
  await assert.rejects(change('rubbish'), { name: 'ReceiptHandleIsInvalid' });
});

test('a delayed message waits; a longer poll gets it', async (t) => {
  const aws = await bench(t);
  const began = Date.now();
  await send(aws, 'work', { DelaySeconds: 1 });
  const { Attributes } = await aws.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: aws.urlOf('work'), AttributeNames: ['All'] }),
  );
  assert.equal(Attributes?.['ApproximateNumberOfMessagesDelayed'], '1');
  assert.equal((await receive(aws, 'work', { WaitTimeSeconds: 5 })).length, 1);
  assert.ok(Date.now() - began >= 950);
});

test('after its last receive a message moves to the dead-letter queue as it was, and says where from', async (t) => {
  const aws = await bench(t, { queue: { VisibilityTimeout: 0.01 } });
  const { MessageId } = await send(aws, 'work', { MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } } });
  for (let i = 0; i < 3; i++) assert.equal((await receive(aws, 'work', { WaitTimeSeconds: 1 })).length, 1);
  assert.deepEqual(await receive(aws, 'work', { WaitTimeSeconds: 1 }), []);
  const [dead] = await receive(aws, 'work-dlq');
  assert.equal(dead?.MessageId, MessageId);
  assert.equal(dead?.MessageAttributes?.['a']?.StringValue, 'b');
  assert.equal(dead?.Attributes?.['DeadLetterQueueSourceArn'], arn('work'));
  assert.equal(dead?.Attributes?.['ApproximateReceiveCount'], '4');
});

test('a move task brings messages back to where they came from, as new ones with the trace header they had', async (t) => {
  const aws = await bench(t, { queue: { VisibilityTimeout: 0.01 } });
  const AWSTraceHeader = { DataType: 'String', StringValue: 'Root=1-a-b' };
  const { MessageId } = await send(aws, 'work', { MessageSystemAttributes: { AWSTraceHeader } });
  for (let i = 0; i < 4; i++) await receive(aws, 'work', { WaitTimeSeconds: i < 3 ? 1 : 0 });
  await eventually(async () => {
    await receive(aws, 'work');
    return (await receive(aws, 'work-dlq', { VisibilityTimeout: 0 })).length === 1;
  });

  await aws.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn('work-dlq') }));
  const [back] = await receive(aws, 'work');
  assert.notEqual(back?.MessageId, MessageId);
  assert.equal(back?.Attributes?.['ApproximateReceiveCount'], '1');
  assert.equal(back?.Attributes?.['AWSTraceHeader'], 'Root=1-a-b');
  const { Results } = await aws.sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn('work-dlq') }));
  assert.equal(Results?.[0]?.Status, 'COMPLETED');
  assert.equal(Results?.[0]?.ApproximateNumberOfMessagesMoved, 1);
});

test('what was sent straight to the dead-letter queue moves only when the task is told where to', async (t) => {
  const aws = await bench(t);
  await send(aws, 'work-dlq');
  const start = (options: object = {}) =>
    aws.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn('work-dlq'), ...options }));
  const latest = async () =>
    (await aws.sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn('work-dlq') }))).Results?.[0];
  await start();
  assert.equal((await latest())?.Status, 'FAILED');
  assert.equal((await latest())?.FailureReason, 'CouldNotDetermineMessageSource');
  await start({ DestinationArn: arn('work') });
  assert.equal((await latest())?.Status, 'COMPLETED');
  assert.equal((await receive(aws, 'work')).length, 1);
  await assert.rejects(start({ DestinationArn: arn('nobody') }), { name: 'ResourceNotFoundException' });
  await assert.rejects(start({ SourceArn: arn('other') }), /must be configured as a Dead Letter Queue/);
});

test('queues are found by name, and by the last part of a URL whatever its host', async (t) => {
  const aws = await bench(t);
  const { QueueUrl } = await aws.sqs.send(new GetQueueUrlCommand({ QueueName: 'work' }));
  assert.equal(QueueUrl, aws.urlOf('work'));
  const { QueueUrls } = await aws.sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'work' }));
  assert.deepEqual(QueueUrls?.toSorted(), [aws.urlOf('work'), aws.urlOf('work-dlq')]);
  await send(aws, 'work', { QueueUrl: 'https://sqs.us-east-1.amazonaws.com/123456789012/work' });
  const [message] = await receive(aws, 'work');
  const Entries = [{ Id: 'a', ReceiptHandle: message?.ReceiptHandle }];
  const { Successful } = await aws.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: aws.urlOf('work'), Entries }));
  assert.equal(Successful?.length, 1);
  await send(aws, 'work');
  await aws.sqs.send(new PurgeQueueCommand({ QueueUrl: aws.urlOf('work') }));
  assert.deepEqual(await receive(aws, 'work'), []);
});
