import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { Unavailable } from '../../core/unavailable.ts';
import { nudger } from '../../outbox/nudge.ts';

/** A nudger with a delay of 60 s, a clock to turn, and a say in what SQS answers. */
function setUp(send: () => Promise<unknown> = () => Promise.resolve({})) {
  const sent: unknown[] = [];
  const clock = { now: 1_000_000 };
  const sqs = {
    send: (command: { input: unknown }) => {
      sent.push(command.input);
      return send();
    },
  } as unknown as SQSClient;
  const nudge = nudger({ sqs, queueUrl: 'http://queue', delaySeconds: 60, now: () => clock.now });
  return { nudge, sent, clock };
}

test('a nudge is delayed and says nothing: neither what it is about nor whose trace it belongs to', async () => {
  const { nudge, sent } = setUp();
  await nudge();
  assert.deepEqual(sent, [{ QueueUrl: 'http://queue', MessageBody: '{}', DelaySeconds: 60 }]);
});

test('one covers half a delay, counted from the start of its sending', async () => {
  const slow = setUp(() => {
    slow.clock.now += 900;
    return Promise.resolve({});
  });
  const { nudge, sent, clock } = slow;
  await nudge();
  clock.now = 1_000_000 + 29_999;
  await nudge();
  assert.equal(sent.length, 1);
  clock.now = 1_000_000 + 30_000;
  await nudge();
  assert.equal(sent.length, 2);
});

test('who comes while one is being sent waits for that one', async () => {
  const answer = Promise.withResolvers<object>();
  const { nudge, sent } = setUp(() => answer.promise);
  let covered = 0;
  const waiting = [nudge(), nudge(), nudge()].map((one) => one.then(() => (covered += 1)));
  await Promise.resolve();
  assert.deepEqual([sent.length, covered], [1, 0]);
  answer.resolve({});
  await Promise.all(waiting);
  assert.deepEqual([sent.length, covered], [1, 3]);
});

test('one that failed covers nobody: all who waited learn it, and the next sends again', async () => {
  let works = false;
  const { nudge, sent } = setUp(() => (works ? Promise.resolve({}) : Promise.reject(new Error('SQS is down'))));
  const waiting = await Promise.allSettled([nudge(), nudge()]);
  for (const result of waiting) {
    assert.ok(result.status === 'rejected' && result.reason instanceof Unavailable);
  }
  assert.equal(sent.length, 1);
  works = true;
  await nudge();
  await nudge();
  assert.equal(sent.length, 2);
});

test('a clock that was set back makes no old nudge fresh', async () => {
  const { nudge, sent, clock } = setUp();
  await nudge();
  clock.now -= 3_600_000;
  await nudge();
  assert.equal(sent.length, 2);
});
