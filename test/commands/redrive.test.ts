import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient, type Message } from '@aws-sdk/client-sqs';
import { startLocalAws } from '../../local/aws/start.ts';
import { type AwsRequest, startAwsEndpoint } from '../support/aws-endpoint.ts';
import { scratch } from '../support/local-aws.ts';
import { nobody } from '../support/peer.ts';
import { runWord } from '../support/word.ts';

const queue = (QueueName: string, deadLetters?: string) => ({
  Type: 'AWS::SQS::Queue',
  Properties: {
    QueueName,
    ...(deadLetters && {
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters, 'Arn'] }, maxReceiveCount: 100 },
    }),
  },
});

/** SQS on loopback with the queues of two functions, which nobody works off. */
async function queues(t: TestContext) {
  const directory = scratch(t);
  const assembly = join(directory, 'cdk.out');
  mkdirSync(assembly);
  const Resources = {
    Files: queue('nedlia-file-generator', 'FilesDead'),
    FilesDead: queue('nedlia-file-generator-dlq'),
    Notifier: queue('nedlia-notifier'),
    Undelivered: queue('nedlia-undelivered-dlq'),
  };
  writeFileSync(join(assembly, 'queues.template.json'), JSON.stringify({ Resources }));
  const aws = await startLocalAws({ assembly, stacks: ['queues'], parameters: {}, directory });
  t.after(() => aws.stop({ drainMs: 0 }));
  const sqs = new SQSClient({
    endpoint: aws.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    useQueueUrlAsEndpoint: false,
  });
  t.after(() => sqs.destroy());
  const url = (name: string) => `${aws.endpoint}/000000000000/${name}`;
  const send = (name: string, body: string, attributes: Record<string, string> = {}) =>
    sqs.send(
      new SendMessageCommand({
        QueueUrl: url(name),
        MessageBody: body,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([key, value]) => [key, { DataType: 'String', StringValue: value }]),
        ),
        MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: `Root=${body}` } },
      }),
    );
  const receive = async (name: string): Promise<Message[]> =>
    (
      await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: url(name),
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['AWSTraceHeader'],
        }),
      )
    ).Messages ?? [];
  return { env: { AWS_ENDPOINT_URL: aws.endpoint }, send, receive };
}

test('what a consumer moved to its dead-letter queue comes back with its body and its trace', async (t) => {
  const { env, send, receive } = await queues(t);
  for (const body of ['a', 'b', 'c']) await send('nedlia-file-generator-dlq', body, { traceparent: `00-${body}` });
  const { code, stdout, stderr } = await runWord('redrive', ['file-generator'], env);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^nedlia-file-generator-dlq: 3 messages$/m);
  assert.match(stdout, /^3 messages moved to nedlia-file-generator$/m);
  const back = await receive('nedlia-file-generator');
  const seen = back.map(({ Body, MessageAttributes, Attributes }) =>
    [Body, MessageAttributes?.['traceparent']?.StringValue, Attributes?.AWSTraceHeader].join(' '),
  );
  assert.deepEqual(seen.sort(), ['a 00-a Root=a', 'b 00-b Root=b', 'c 00-c Root=c']);
  assert.deepEqual(await receive('nedlia-file-generator-dlq'), []);
});

test('a dry run counts and moves nothing', async (t) => {
  const { env, send, receive } = await queues(t);
  await send('nedlia-file-generator-dlq', 'a');
  const { code, stdout } = await runWord('redrive', ['nedlia-file-generator', '--dry-run', '--json'], env);
  assert.equal(code, 0);
  const said = { queue: 'nedlia-file-generator-dlq', waiting: 1, moved: 0, stayed: [], dry_run: true };
  assert.deepEqual(JSON.parse(stdout), said);
  assert.equal((await receive('nedlia-file-generator-dlq')).length, 1);
});

test('nothing to move is a success', async (t) => {
  const { env } = await queues(t);
  const { code, stdout } = await runWord('redrive', ['file-generator'], env);
  assert.deepEqual([code, stdout], [0, 'nedlia-file-generator-dlq: 0 messages\n']);
});

test('an event that no rule could deliver goes to the queue it was for, without the diagnosis; one that names none stays', async (t) => {
  const { env, send, receive } = await queues(t);
  const TARGET_ARN = 'arn:aws:sqs:eu-central-1:000000000000:nedlia-notifier';
  await send('nedlia-undelivered-dlq', 'said', {
    TARGET_ARN,
    RULE_ARN: 'r',
    ERROR_CODE: 'NO_PERMISSIONS',
    kept: 'yes',
  });
  await send('nedlia-undelivered-dlq', 'lost');
  const { code, stdout } = await runWord('redrive', ['undelivered'], env);
  assert.equal(code, 1, 'one stays');
  assert.match(stdout, /stays: it names no queue in TARGET_ARN/);
  const [message, ...others] = await receive('nedlia-notifier');
  assert.equal(others.length, 0);
  assert.deepEqual([message?.Body, message?.Attributes?.AWSTraceHeader], ['said', 'Root=said']);
  assert.deepEqual(Object.keys(message?.MessageAttributes ?? {}), ['kept']);
});

const ours = (Status: string, moved: number) => ({
  Status,
  StartedTimestamp: 2,
  ApproximateNumberOfMessagesMoved: moved,
  ApproximateNumberOfMessagesToMove: 4,
});

/** What SQS answers while a move takes its time, and an older one stands in the list. */
function slowMove() {
  const tasks = [{ Status: 'COMPLETED', StartedTimestamp: 1, ApproximateNumberOfMessagesMoved: 99 }] as object[];
  const left = [tasks[0], ours('RUNNING', 1), ours('RUNNING', 3), ours('COMPLETED', 4)];
  let begun = false;
  return ({ operation, input }: AwsRequest) => {
    const name =
      String(input['QueueName'] ?? input['QueueUrl'])
        .split('/')
        .at(-1) ?? '';
    if (operation === 'GetQueueUrl') return { body: { QueueUrl: `http://sqs/1/${name}` } };
    if (operation === 'GetQueueAttributes') {
      return { body: { Attributes: { QueueArn: `arn:aws:sqs:r:1:${name}`, ApproximateNumberOfMessages: '4' } } };
    }
    if (operation === 'ListMessageMoveTasks') return { body: { Results: [begun ? left.shift() : tasks[0]] } };
    begun = true;
    return { body: { TaskHandle: 'handle' } };
  };
}

test('progress is shown until the move is over, and the destination is always given', async (t) => {
  const { requests, url } = await startAwsEndpoint(t, slowMove());
  const args = ['notifier', '--max-per-second', '5'];
  const { code, stdout } = await runWord('redrive', args, { AWS_ENDPOINT_URL: url });
  assert.equal(code, 0);
  assert.deepEqual(stdout.trim().split('\n').slice(1), [
    '0 of 4 …',
    '1 of 4 …',
    '3 of 4 …',
    '4 messages moved to nedlia-notifier',
  ]);
  const started = requests.find(({ operation }) => operation === 'StartMessageMoveTask');
  assert.deepEqual(started?.input, {
    SourceArn: 'arn:aws:sqs:r:1:nedlia-notifier-dlq',
    DestinationArn: 'arn:aws:sqs:r:1:nedlia-notifier',
    MaxNumberOfMessagesPerSecond: 5,
  });
});

const wrong: [promise: string, args: string[], says: RegExp][] = [
  ['a function has to be named', [], /^nedlia: name one function$/m],
  ['it has to be one that there is', ['mailer'], /^nedlia: there is no function mailer with a dead-letter queue$/m],
  ['the rate has to be one SQS takes', ['relay', '--max-per-second', '0'], /whole number from 1 to 500/],
  ['an option has to be one that there is', ['relay', '--fast'], /--fast/],
];
for (const [promise, args, says] of wrong) {
  test(promise, async () => {
    const { code, stderr } = await runWord('redrive', args);
    assert.equal(code, 64);
    assert.match(stderr, says);
    assert.match(stderr, /npm run redrive -- <function>/);
  });
}

const failing: [promise: string, env: Record<string, string>, says: RegExp][] = [
  [
    'without credentials it says so in a line',
    { AWS_REGION: 'eu-central-1' },
    /^nedlia: there are no AWS credentials: .+\n$/,
  ],
  [
    'without a region it says so in a line',
    { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    /^nedlia: there is no AWS region: .+; for "npm start" set AWS_ENDPOINT_URL .+\n$/,
  ],
];
for (const [promise, env, says] of failing) {
  test(promise, async () => {
    const { code, stdout, stderr } = await runWord('redrive', ['relay'], env);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, says);
  });
}

test('where nobody listens, or has no such queue, it says so in a line', async (t) => {
  const unheard = await runWord('redrive', ['relay'], { AWS_ENDPOINT_URL: await nobody() });
  assert.equal(unheard.code, 1);
  assert.match(unheard.stderr, /^nedlia: nothing answers at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\): .+\n$/);
  const { env } = await queues(t);
  const { code, stderr } = await runWord('redrive', ['relay'], env);
  assert.deepEqual([code, stderr], [1, 'nedlia: there is no queue nedlia-relay-dlq in this account and region\n']);
});
