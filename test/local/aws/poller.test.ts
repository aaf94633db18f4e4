import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetQueueAttributesCommand, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { failedIds } from '../../../local/aws/poller.ts';
import { eventually } from '../../support/eventually.ts';
import { bench, type Bench } from '../../support/local-aws.ts';

/** A worker that prints, per batch, the bodies it got; then does as `act`, a function body over `records` and `failures`, says. */
const worker = (act: string) => `
  const failures = (records) => ({ batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })) });
  exports.handler = async ({ Records: records }) => {
    process.stdout.write(JSON.stringify(records.map(({ body }) => body)) + '\\n');
    ${act}
  };`;

/** What a worker does that is to be at work until the test says otherwise; its file is told from its own folder. */
const untilReleased = `while (!require('node:fs').existsSync(__dirname + '/released')) await new Promise((resolve) => setTimeout(resolve, 10));`;
const release = ({ directory }: Bench) => writeFileSync(join(directory, 'cdk.out/asset.worker/released'), '');

const send = ({ sqs, urlOf }: Bench, ...bodies: string[]) => {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  return sqs.send(new SendMessageBatchCommand({ QueueUrl: urlOf('work'), Entries }));
};
const batches = ({ lines }: Bench) =>
  lines.filter((line) => line.startsWith('[')).map((line) => JSON.parse(line) as string[]);
/** How often the function got each body. */
const counts = (aws: Bench) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(batches(aws).flat(), (body) => body)).map(([body, times]) => [body, times?.length]),
  );
async function depth({ sqs, urlOf }: Bench, queue: string): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: urlOf(queue), AttributeNames: ['All'] }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages) + Number(Attributes?.ApproximateNumberOfMessagesNotVisible);
}

test('a function gets the records of a batch as Lambda hands them over', async (t) => {
  const aws = await bench(t, {
    worker: `exports.handler = async (event) => { process.stdout.write(JSON.stringify(event) + '\\n'); };`,
  });
  const MessageAttributes = {
    a: { DataType: 'String', StringValue: 'b' },
    n: { DataType: 'Binary', BinaryValue: Buffer.of(1) },
  };
  const sent = await aws.sqs.send(
    new SendMessageCommand({
      QueueUrl: aws.urlOf('work'),
      MessageBody: 'hello',
      MessageAttributes,
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-a-b' } },
    }),
  );
  await eventually(() => aws.lines.length > 0);
  const { Records } = JSON.parse(aws.lines[0] ?? '') as { Records: Record<string, Record<string, string>>[] };
  const { receiptHandle, attributes, ...record } = Records[0] ?? {};
  assert.equal(typeof receiptHandle, 'string');
  assert.deepEqual(Object.keys(attributes ?? {}).toSorted(), [
    'AWSTraceHeader',
    'ApproximateFirstReceiveTimestamp',
    'ApproximateReceiveCount',
    'SenderId',
    'SentTimestamp',
  ]);
  assert.equal(attributes?.['ApproximateReceiveCount'], '1');
  assert.deepEqual(record, {
    messageId: sent.MessageId,
    body: 'hello',
    messageAttributes: {
      a: { stringValue: 'b', stringListValues: [], binaryListValues: [], dataType: 'String' },
      n: { binaryValue: 'AQ==', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
    },
    md5OfBody: sent.MD5OfMessageBody,
    md5OfMessageAttributes: sent.MD5OfMessageAttributes,
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:work',
    awsRegion: 'us-east-1',
  });
});

test('only what a batch reports as failed comes back, until it goes to the dead-letter queue', async (t) => {
  const aws = await bench(t, {
    worker: worker(`return failures(records.filter(({ body }) => body.startsWith('bad')));`),
  });
  await send(aws, 'good 1', 'bad 1', 'good 2', 'bad 2');
  await eventually(async () => (await depth(aws, 'work-dlq')) === 2);
  assert.deepEqual(counts(aws), { 'good 1': 1, 'bad 1': 3, 'good 2': 1, 'bad 2': 3 });
  assert.equal(await depth(aws, 'work'), 0);
  assert.equal(await aws.idle(), true);
});

test('a batch whose function throws comes back whole, and the error is printed with its place', async (t) => {
  const aws = await bench(t, {
    worker: worker(
      `if (records.some(({ body }) => body === 'bad') && !globalThis.again) { globalThis.again = true; throw new Error('boom'); }`,
    ),
  });
  await send(aws, 'good', 'bad');
  await eventually(() => counts(aws)['good'] === 2);
  await eventually(() => aws.idle());
  assert.deepEqual(counts(aws), { good: 2, bad: 2 });
  assert.ok(
    aws.lines.some((line) => /invocation failed, 2 message\(s\) come back: Error: boom\n.*index\.cjs/s.test(line)),
  );
});

test('a message that kills its process uses up its receives; the process is replaced and the others are done', async (t) => {
  const aws = await bench(t, {
    worker: worker(`if (records.some(({ body }) => body === 'deadly')) process.exit(1);`),
    mapping: { BatchSize: 1 },
  });
  await send(aws, 'deadly');
  await send(aws, 'good 1', 'good 2');
  await eventually(async () => (await depth(aws, 'work-dlq')) === 1);
  await eventually(() => aws.idle());
  assert.deepEqual(counts(aws), { deadly: 3, 'good 1': 1, 'good 2': 1 });
});

test('a batch that takes longer than the time-out comes back, its process killed', async (t) => {
  const aws = await bench(t, {
    timeout: 0.3,
    worker: worker(`if (records[0].attributes.ApproximateReceiveCount === '1') await new Promise(() => {});`),
  });
  await send(aws, 'slow');
  await eventually(() => counts(aws)['slow'] === 2);
  await eventually(() => aws.idle());
  assert.ok(aws.lines.some((line) => line.includes('Sandbox.Timedout: Task timed out after 0.30 seconds')));
});

test('a process killed after its messages became visible again ends nothing but itself', async (t) => {
  const aws = await bench(t, {
    worker: worker(`if (records[0].attributes.ApproximateReceiveCount === '1') await new Promise(() => {});`),
    queue: { VisibilityTimeout: 1 },
  });
  await send(aws, 'held');
  await eventually(() => counts(aws)['held'] === 1);
  await sleep(1200);
  aws.functions[0]?.kill();
  await eventually(() => counts(aws)['held'] === 2);
  await eventually(() => aws.idle());
  assert.ok(!aws.lines.some((line) => line.startsWith('polling failed')));
});

test('killing an idle process costs no message a receive', async (t) => {
  const aws = await bench(t, { worker: worker('') });
  const [fn] = aws.functions;
  const pid = fn?.pid();
  fn?.kill();
  await eventually(() => fn?.pid() !== pid);
  await send(aws, 'a', 'b');
  await eventually(() => batches(aws).flat().length === 2);
  await eventually(() => aws.idle());
  assert.deepEqual(counts(aws), { a: 1, b: 1 });
});

test('a batching window gathers what comes in the meantime, up to the batch size', async (t) => {
  // Longer than anything here may take: what ends the window is that the batch is full.
  const mapping = { BatchSize: 12, MaximumBatchingWindowInSeconds: 60 };
  const aws = await bench(t, { worker: worker(''), mapping, queue: { VisibilityTimeout: 120 } });
  for (let i = 0; i < 24; i++) await send(aws, `${i}`);
  await eventually(() => batches(aws).flat().length === 24);
  assert.deepEqual(
    batches(aws).map(({ length }) => length),
    [12, 12],
  );
});

test('when a batching window is over, what has come goes, however little', async (t) => {
  const mapping = { BatchSize: 12, MaximumBatchingWindowInSeconds: 0.3 };
  const aws = await bench(t, { worker: worker(''), mapping, queue: { VisibilityTimeout: 60 } });
  const began = Date.now();
  await send(aws, 'alone');
  await eventually(() => batches(aws).length > 0);
  assert.ok(Date.now() - began >= 300, 'not before');
  assert.deepEqual(batches(aws), [['alone']]);
});

test('without ReportBatchItemFailures what a function answers does not matter', async (t) => {
  const aws = await bench(t, { worker: worker('return failures(records);'), mapping: { FunctionResponseTypes: [] } });
  await send(aws, 'x');
  await eventually(() => batches(aws).length > 0);
  await eventually(() => aws.idle());
  assert.deepEqual(counts(aws), { x: 1 });
});

const item = (itemIdentifier: unknown) => ({ batchItemFailures: [{ itemIdentifier }] });

test('an answer is read as Lambda reads it', () => {
  const batch = ['a', 'b'];
  const failed = (answer: unknown) => [...failedIds(answer, batch)];
  for (const success of [null, undefined, {}, { batchItemFailures: null }, { batchItemFailures: [] }, { ok: true }]) {
    assert.deepEqual(failed(success), [], JSON.stringify(success));
  }
  assert.deepEqual(failed(item('b')), ['b']);
  const malformed = [
    item(''),
    item(null),
    item('stranger'),
    item(7),
    { batchItemFailures: [{ id: 'a' }] },
    { batchItemFailures: [null] },
  ];
  for (const failure of [...malformed, { batchItemFailures: 'a' }, 'text', 7, true, ['a']]) {
    assert.deepEqual(failed(failure), batch, JSON.stringify(failure));
  }
});

test('an event goes from the bus through the queue to the function, its trace header with it', async (t) => {
  const aws = await bench(t, {
    worker: `exports.handler = async ({ Records: [{ body, attributes }] }) => {
      process.stdout.write(JSON.parse(body).detail.n + ' ' + attributes.AWSTraceHeader + ' ' + process.env.QUEUE_URL + '\\n');
    };`,
  });
  const entry = {
    EventBusName: 'bus',
    Source: 'test',
    DetailType: 'said',
    Detail: '{"n":7}',
    TraceHeader: 'Root=1-a-b',
  };
  await aws.eventBridge.send(new PutEventsCommand({ Entries: [entry] }));
  await eventually(() => aws.lines.length > 0);
  assert.equal(aws.lines[0], `7 Root=1-a-b ${aws.urlOf('work')}`);
});

test('a stop lets a running batch finish, and receives no more', async (t) => {
  const aws = await bench(t, {
    worker: worker(untilReleased),
    mapping: { BatchSize: 1 },
    queue: { VisibilityTimeout: 60 },
  });
  await send(aws, 'first', 'second');
  await eventually(() => batches(aws).length === 1);
  const stopped = aws.stop({ drainMs: 60_000 });
  release(aws);
  await stopped;
  assert.equal(batches(aws).length, 1);
  const again = await bench(t, { directory: aws.directory, worker: worker('') });
  await eventually(() => batches(again).length === 1);
  await eventually(() => again.idle());
  assert.deepEqual(batches(again), [['second']]);
});

test('a stop cuts what takes too long; its message is there again at once after the next start', async (t) => {
  const aws = await bench(t, {
    worker: worker('await new Promise(() => {});'),
    queue: { VisibilityTimeout: 60 },
    timeout: 60,
  });
  await send(aws, 'hangs');
  await eventually(() => batches(aws).length === 1);
  const pids = aws.functions.map((fn) => fn.pid());
  const began = Date.now();
  await aws.stop({ drainMs: 100 });
  assert.ok(Date.now() - began < 20_000);
  for (const pid of pids) assert.throws(() => process.kill(pid ?? 0, 0), { code: 'ESRCH' });
  const again = await bench(t, { directory: aws.directory, worker: worker(''), queue: { VisibilityTimeout: 60 } });
  await eventually(() => batches(again).length === 1);
  assert.deepEqual(counts(again), { hangs: 1 });
});

test('a delayed message does not keep it from being idle, a visible one does', async (t) => {
  const aws = await bench(t, { worker: worker(untilReleased) });
  await aws.sqs.send(new SendMessageCommand({ QueueUrl: aws.urlOf('work'), MessageBody: 'nudge', DelaySeconds: 60 }));
  assert.equal(await aws.idle(), true);
  await send(aws, 'now');
  assert.equal(await aws.idle(), false);
  release(aws);
  await eventually(() => aws.idle());
});

test('a function that cannot start stops the start, by name and with its reason, and leaves nothing running', async (t) => {
  const reason = 'wrong environment: DATABASE_URL is missing';
  await assert.rejects(bench(t, { worker: `throw new Error('${reason}');` }), {
    message: `worker could not start: ${reason}`,
  });
  await sleep(50);
});
