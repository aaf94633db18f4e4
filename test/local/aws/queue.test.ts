import assert from 'node:assert/strict';
import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueuePlan } from '../../../local/aws/plan.ts';
import { Queue } from '../../../local/aws/queue.ts';
import { scratch } from '../../support/local-aws.ts';

const plan: QueuePlan = {
  name: 'q',
  arn: 'arn:aws:sqs:r:a:q',
  delayMs: 0,
  visibilityMs: 60_000,
  retentionMs: 60_000,
  receiveWaitMs: 0,
  maximumBytes: 1000,
  redrive: undefined,
};

function open(t: TestContext, directory: string, changes: Partial<QueuePlan> = {}): Queue {
  const queue = new Queue({ ...plan, ...changes }, directory);
  t.after(() => queue.close());
  return queue;
}
const say = (body: string) => ({ body, attributes: {}, traceHeader: undefined });
const bodies = async (queue: Queue) => (await queue.receive({ max: 10 })).map(({ body }) => body);

test('what was sent, received, changed and deleted is the same after a restart, without the first run ending properly', async (t) => {
  const directory = scratch(t);
  const first = open(t, directory);
  for (const body of ['deleted', 'in flight', 'again', 'waiting']) first.send(say(body));
  const [deleted, , again] = await first.receive({ max: 3 });
  first.delete(deleted!.receipt);
  first.changeVisibility(again!.receipt, 0);
  first.send({ ...say('delayed'), delayMs: 60_000 });

  const second = open(t, directory);
  assert.deepEqual(second.counts(), { visible: 2, inFlight: 1, delayed: 1 });
  const received = await second.receive({ max: 10 });
  assert.deepEqual(
    received.map(({ body, receives }) => [body, receives]),
    [
      ['again', 2],
      ['waiting', 1],
    ],
  );
  assert.ok(again?.firstReceivedAt);
  assert.equal(received[0]?.firstReceivedAt, again.firstReceivedAt);
});

test('a receipt from before a restart still deletes', async (t) => {
  const directory = scratch(t);
  const first = open(t, directory);
  first.send(say('x'));
  const [message] = await first.receive({ max: 1 });
  const second = open(t, directory);
  second.delete(message!.receipt);
  assert.deepEqual(second.counts(), { visible: 0, inFlight: 0, delayed: 0 });
});

test('a last line cut off by a crash is dropped; what was there before and comes after is kept', async (t) => {
  const directory = scratch(t);
  open(t, directory).send(say('before'));
  appendFileSync(`${directory}/q.jsonl`, '{"op":"put","message":{"id":"torn","bo');
  const second = open(t, directory);
  second.send(say('after'));
  assert.deepEqual(await bodies(open(t, directory)), ['before', 'after']);
});

test('a broken line that is not the last stops the start and is named', (t) => {
  const directory = scratch(t);
  writeFileSync(`${directory}/q.jsonl`, '{"op":"delete","id":"x"}\nrubbish\n{"op":"delete","id":"y"}\n');
  assert.throws(() => open(t, directory), /q\.jsonl, line 2: cannot be read/);
});

test('the file of a queue that is worked off does not grow for ever', async (t) => {
  const directory = scratch(t);
  const queue = open(t, directory);
  queue.send({ ...say('stays'), delayMs: 60_000 });
  for (let i = 0; i < 2000; i++) {
    queue.send(say('x'.repeat(100)));
    const [message] = await queue.receive({ max: 1 });
    queue.delete(message!.receipt);
  }
  assert.ok(statSync(`${directory}/q.jsonl`).size < 400_000, '2000 messages of 3 lines would be 1 MB');
  assert.deepEqual(open(t, directory).counts(), { visible: 0, inFlight: 0, delayed: 1 });
});

test('a message older than the retention is gone', async (t) => {
  const queue = open(t, scratch(t), { retentionMs: 50 });
  queue.send(say('old'));
  await sleep(80);
  queue.send(say('young'));
  assert.deepEqual(await bodies(queue), ['young']);
});

test('of two who wait for one message one gets it, at once, and the other nothing', async (t) => {
  const queue = open(t, scratch(t));
  const began = Date.now();
  const both = [queue.receive({ max: 1, waitMs: 60_000 }), queue.receive({ max: 1, waitMs: 100 })];
  queue.send(say('x'));
  const received = (await Promise.all(both)).flat();
  assert.equal(received.length, 1);
  assert.ok(Date.now() - began < 30_000);
});

test('who waits is woken when a message becomes due again', async (t) => {
  const queue = open(t, scratch(t));
  queue.send(say('x'));
  const began = Date.now();
  await queue.receive({ max: 1, visibilityMs: 60 });
  assert.equal((await queue.receive({ max: 1, waitMs: 60_000 })).length, 1);
  assert.ok(Date.now() - began >= 59);
  assert.ok(Date.now() - began < 30_000);
});

test('after a release what was in flight is due, a delayed message is not', async (t) => {
  const queue = open(t, scratch(t));
  queue.send(say('in flight'));
  await queue.receive({ max: 1 });
  queue.send({ ...say('delayed'), delayMs: 60_000 });
  queue.release();
  assert.deepEqual(queue.counts(), { visible: 1, inFlight: 0, delayed: 1 });
});
