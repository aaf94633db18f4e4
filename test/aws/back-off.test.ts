import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backOffSeconds } from '../../aws/back-off.ts';
import { Unavailable } from '../../core/unavailable.ts';

const failure = new Error('again');

test('the longest wait doubles with each receive and ends at two minutes', () => {
  const longest = [1, 2, 3, 6, 7, 50].map((receives) => backOffSeconds(receives, failure, () => 1));
  assert.deepEqual(longest, [2, 4, 8, 64, 120, 120]);
});

test('the jitter is full: any whole second from one on', () => {
  assert.equal(backOffSeconds(7, failure, () => 0), 1);
  assert.equal(backOffSeconds(7, failure, () => 0.5), 60);
});

test('what the failure asks for is the least, within a quarter of an hour', () => {
  const asked = (retryAfter: number) => backOffSeconds(1, new Unavailable('busy', { retryAfter }), () => 0);
  assert.deepEqual([asked(0), asked(45), asked(86_400)], [1, 45, 900]);
  assert.equal(backOffSeconds(7, new Unavailable('busy', { retryAfter: 5 }), () => 1), 120);
});
