import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBreaker } from '../../../telemetry/export/breaker.ts';

function clock() {
  let time = 1_000_000;
  return { now: () => time, pass: (milliseconds: number) => (time += milliseconds) };
}

test('a collector is given up after at most five failures in a row, and said to be once', () => {
  const breaker = createBreaker(clock().now);
  const opened = Array.from({ length: 5 }, () => breaker.failed());
  assert.equal(opened.filter(Boolean).length, 1);
  assert.equal(breaker.state(), 'open');
});

test('failures that are not in a row do not count together', () => {
  const breaker = createBreaker(clock().now);
  for (let round = 0; round < 20; round += 1) {
    breaker.failed();
    assert.equal(breaker.succeeded(), false);
  }
  assert.equal(breaker.state(), 'closed');
});

test('it is tried again within 30 s; a failed trial gives it up for as long again, a good one closes the breaker', () => {
  const { now, pass } = clock();
  const breaker = createBreaker(now);
  while (!breaker.failed());
  pass(1000);
  assert.equal(breaker.state(), 'open');
  pass(29_000);
  assert.equal(breaker.state(), 'half-open');
  assert.equal(breaker.failed(), false);
  assert.equal(breaker.state(), 'open');
  pass(30_000);
  assert.equal(breaker.succeeded(), true);
  assert.equal(breaker.state(), 'closed');
});
