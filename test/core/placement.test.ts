import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fits, intervalProblem, MAX_MS, toMilliseconds, toSeconds, wireFields } from '../../core/placement.ts';

test('every millisecond from 1 to 10,000 is read back from its seconds, and so are the last of seven days', () => {
  for (let milliseconds = 1; milliseconds <= 10_000; milliseconds += 1) {
    assert.equal(toMilliseconds(toSeconds(milliseconds)), milliseconds);
    assert.equal(toMilliseconds(toSeconds(MAX_MS - milliseconds)), MAX_MS - milliseconds);
  }
});

test('seconds finer than a millisecond are refused, each of 10,000', () => {
  for (let milliseconds = 0; milliseconds < 10_000; milliseconds += 1) {
    assert.equal(toMilliseconds((milliseconds + 0.5) / 1000), undefined);
    assert.equal(toMilliseconds((milliseconds + 0.001) / 1000), undefined);
  }
});

test('seconds are as near as JSON can write them, and no number that is none', () => {
  assert.equal(toMilliseconds(1.001), 1001);
  assert.equal(toMilliseconds(0), 0);
  for (const seconds of [1e-10, 5e-324, 1.0001, 500_000.0004, 604_799.9996])
    assert.equal(toMilliseconds(seconds), undefined);
  for (const seconds of [-0.001, -1, Number.NaN, Infinity, -Infinity]) assert.equal(toMilliseconds(seconds), undefined);
});

test('an interval must not be empty or reversed and must end within seven days', () => {
  assert.equal(intervalProblem({ startMs: 0, endMs: 1 }), undefined);
  assert.equal(intervalProblem({ startMs: 5, endMs: 5 }), 'empty');
  assert.equal(intervalProblem({ startMs: 6, endMs: 5 }), 'empty');
  assert.equal(intervalProblem({ startMs: 0, endMs: MAX_MS }), undefined);
  assert.equal(intervalProblem({ startMs: 0, endMs: MAX_MS + 1 }), 'too-late');
});

test('on the wire a placement has snake_case fields and seconds', () => {
  const placement = { videoId: 'v', productId: 'p', startMs: 12_500, endMs: 20_000 };
  const wire = { video_id: 'v', product_id: 'p', start_time: 12.5, end_time: 20 };
  assert.deepEqual(wireFields(placement), wire);
});

test('an interval fits a video up to its very end', () => {
  assert.equal(fits({ startMs: 0, endMs: 1000 }, 1000), true);
  assert.equal(fits({ startMs: 0, endMs: 1001 }, 1000), false);
  assert.equal(fits({ startMs: -1, endMs: 10 }, 1000), false);
});
