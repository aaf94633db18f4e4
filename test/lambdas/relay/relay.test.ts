import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { relay } from '../../../lambdas/relay/relay.ts';
import { captureLog } from '../../support/log-lines.ts';
import { aDelivery } from '../../support/stories.ts';

/** A relay whose every step is counted, and whose clock stands still until it is set. */
function aRelay(t: TestContext, about: { refused?: number; fails?: () => boolean } = {}) {
  const lines = captureLog(t);
  const counts = { runs: 0, cleanings: 0 };
  const clock = { ms: 0 };
  const nudge = relay({
    publishLeft: async () => {
      counts.runs += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (about.fails?.()) throw new Error('the database is down');
      return { published: 3, refused: about.refused ?? 0 };
    },
    oldestAge: () => Promise.resolve(4200),
    deleteExpired: async () => {
      counts.cleanings += 1;
      return { outbox: 1, inbox: 2, idempotency: 3 };
    },
    now: () => clock.ms,
  });
  return { nudge: () => nudge({}, aDelivery()), counts, clock, lines };
}

test('the nudges of one batch share one run, the next batch has its own', async (t) => {
  const { nudge, counts } = aRelay(t);
  await Promise.all(Array.from({ length: 10 }, () => nudge()));
  assert.equal(counts.runs, 1);
  await nudge();
  assert.equal(counts.runs, 2);
});

test('a run tells how much it said and how long the oldest had waited', async (t) => {
  const { nudge, lines } = aRelay(t);
  await nudge();
  const line = lines.find(({ message }) => message === 'outbox relayed');
  assert.deepEqual([line?.['published'], line?.['refused'], line?.['oldest_ms']], [3, 0, 4200]);
});

test('a run writes the age of the oldest row as a metric CloudWatch reads off the line, even when it fails afterwards', async (t) => {
  const { nudge, lines } = aRelay(t, { fails: () => true });
  const began = Date.now();
  await assert.rejects(nudge());
  const line = lines.find(({ message }) => message === 'outbox looked at');
  assert.equal(line?.['OutboxOldestAge'], 4.2);
  const { Timestamp, ...said } = line['_aws'] as { Timestamp: number };
  assert.ok(Timestamp >= began && Timestamp <= Date.now());
  const metrics = [{ Name: 'OutboxOldestAge', Unit: 'Seconds' }];
  assert.deepEqual(said, { CloudWatchMetrics: [{ Namespace: 'nedlia', Dimensions: [[]], Metrics: metrics }] });
});

test('refused rows fail every nudge of the batch, so that they come back', async (t) => {
  const { nudge } = aRelay(t, { refused: 2 });
  const outcomes = await Promise.allSettled([nudge(), nudge()]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
});

test('a run that failed is not the last: the next nudge runs again', async (t) => {
  let down = true;
  const { nudge, counts } = aRelay(t, { fails: () => down });
  await assert.rejects(nudge(), /database is down/);
  down = false;
  await nudge();
  assert.equal(counts.runs, 2);
});

test('what is past its retention is deleted at the first run and then once an hour', async (t) => {
  const { nudge, counts, clock } = aRelay(t);
  for (const ms of [0, 1000, 3_599_999]) {
    clock.ms = ms;
    await nudge();
  }
  assert.equal(counts.cleanings, 1);
  clock.ms = 3_600_000;
  await nudge();
  assert.equal(counts.cleanings, 2);
});

test('refused rows do not keep the retention from being done', async (t) => {
  const { nudge, counts } = aRelay(t, { refused: 1 });
  await assert.rejects(nudge());
  assert.equal(counts.cleanings, 1);
});

test('a run that is out of time fails its nudges, and is joined by none that comes later', async (t) => {
  captureLog(t);
  const slow = Promise.withResolvers<void>();
  let runs = 0;
  const nudge = relay({
    publishLeft: async () => {
      runs += 1;
      if (runs === 1) await slow.promise;
      return { published: 1, refused: 0 };
    },
    oldestAge: () => Promise.resolve(undefined),
    deleteExpired: () => Promise.resolve({ outbox: 0, inbox: 0, idempotency: 0 }),
  });
  const outOfTime = new AbortController();
  const first = nudge({}, { ...aDelivery(), signal: outOfTime.signal });
  outOfTime.abort();
  await nudge({}, aDelivery());
  assert.equal(runs, 2, 'the second nudge looked for itself');
  slow.resolve();
  await assert.rejects(first, { name: 'AbortError' });
});
