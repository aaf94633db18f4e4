import { PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toPredicate } from '../../../local/aws/pattern.ts';
import { bench, type Bench } from '../../support/local-aws.ts';

const said: PutEventsRequestEntry = { EventBusName: 'bus', Source: 'test', DetailType: 'said', Detail: '{"n":1}' };
const put = ({ eventBridge }: Bench, ...Entries: PutEventsRequestEntry[]) =>
  eventBridge.send(new PutEventsCommand({ Entries }));

async function heard({ sqs, urlOf }: Bench, queue: string) {
  const command = { QueueUrl: urlOf(queue), MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const] };
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(command));
  return Messages.map(({ Body, Attributes }) => ({
    event: JSON.parse(Body ?? '') as Record<string, unknown>,
    traceHeader: Attributes?.AWSTraceHeader,
  }));
}

test('an event reaches every queue whose rule hears it, in the envelope of EventBridge', async (t) => {
  const aws = await bench(t);
  const { Entries } = await put(aws, { ...said, Time: new Date('2026-01-02T03:04:05.678Z'), Resources: ['r'] });
  const [work, other] = [await heard(aws, 'work'), await heard(aws, 'other')];
  assert.deepEqual(work, other);
  assert.deepEqual(work[0]?.event, {
    version: '0',
    id: Entries?.[0]?.EventId,
    'detail-type': 'said',
    source: 'test',
    account: '000000000000',
    time: '2026-01-02T03:04:05Z',
    region: 'us-east-1',
    resources: ['r'],
    detail: { n: 1 },
  });
});

test('a rule hears only its source and detail-types, on its bus', async (t) => {
  const aws = await bench(t);
  await put(
    aws,
    { ...said, DetailType: 'whispered' },
    { ...said, Source: 'stranger' },
    { ...said, DetailType: 'sung' },
    { ...said, EventBusName: 'default' },
  );
  assert.deepEqual(
    (await heard(aws, 'work')).map(({ event }) => event['detail-type']),
    ['whispered'],
  );
  assert.deepEqual(await heard(aws, 'other'), []);
});

test('a TraceHeader arrives as AWSTraceHeader, and without one there is none', async (t) => {
  const aws = await bench(t);
  await put(aws, { ...said, TraceHeader: 'Root=1-a-b;Parent=c;Sampled=1' }, said);
  assert.deepEqual(
    (await heard(aws, 'work')).map(({ traceHeader }) => traceHeader),
    ['Root=1-a-b;Parent=c;Sampled=1', undefined],
  );
});

test('a refused entry is counted and named; the others are delivered', async (t) => {
  const aws = await bench(t);
  const answer = await put(
    aws,
    said,
    { ...said, Detail: '{' },
    { ...said, Detail: '[]' },
    { ...said, EventBusName: 'nobody' },
    { ...said, Source: '' },
    { ...said, Source: 'aws.s3' },
  );
  assert.equal(answer.FailedEntryCount, 5);
  assert.deepEqual(
    answer.Entries?.map(({ EventId, ErrorCode }) => ErrorCode ?? typeof EventId),
    [
      'string',
      'MalformedDetail',
      'MalformedDetail',
      'InvalidArgument',
      'InvalidArgument',
      'NotAuthorizedForSourceException',
    ],
  );
  assert.equal((await heard(aws, 'work')).length, 1);
});

test('more than ten entries, none, or more than 1 MiB are refused as a whole', async (t) => {
  const aws = await bench(t);
  await assert.rejects(put(aws, ...Array.from({ length: 11 }, () => said)), { name: 'ValidationException' });
  await assert.rejects(put(aws), { name: 'ValidationException' });
  const large = { ...said, Detail: JSON.stringify({ x: 'x'.repeat(600_000) }) };
  await assert.rejects(put(aws, large, large), /over the limit/);
  assert.deepEqual(await heard(aws, 'work'), []);
});

test('a test can have one entry refused, or all of PutEvents', async (t) => {
  let down = false;
  const aws = await bench(t, {
    faults: {
      fail: (_, operation, input) => {
        if (down && operation === 'PutEvents') return { status: 503, code: 'ServiceUnavailable' };
        const isUnlucky = operation === 'PutEvents.Entry' && (input as PutEventsRequestEntry).Detail === '{"n":2}';
        return isUnlucky ? { status: 500, code: 'InternalFailure' } : undefined;
      },
    },
  });
  const { Entries } = await put(aws, said, { ...said, Detail: '{"n":2}' });
  assert.deepEqual(
    Entries?.map(({ ErrorCode }) => ErrorCode),
    [undefined, 'InternalFailure'],
  );
  down = true;
  await assert.rejects(put(aws, said), { name: 'ServiceUnavailable' });
  assert.equal((await heard(aws, 'work')).length, 1);
});

test('a pattern matches nested values and any item of a list, and an unknown operator stops the start', () => {
  const matches = toPredicate({ source: ['a', 'b'], detail: { kind: [1, null] } }, 'P');
  assert.equal(matches({ source: 'b', detail: { kind: 1 } }), true);
  assert.equal(matches({ source: ['x', 'a'], detail: { kind: null } }), true);
  assert.equal(matches({ source: 'c', detail: { kind: 1 } }), false);
  assert.equal(matches({ source: 'a', detail: { kind: '1' } }), false);
  assert.equal(matches({ source: 'a', detail: 'kind' }), false);
  assert.throws(
    () => toPredicate({ detail: { x: [{ prefix: 'y' }] } }, 'P'),
    /P\.detail\.x: the pattern operator \{"prefix"/,
  );
  assert.throws(() => toPredicate({ $or: [] }, 'P'), /P\.\$or/);
  assert.throws(() => toPredicate({ source: 'a' }, 'P'), /needs a list/);
});
