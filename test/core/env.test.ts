import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { EnvironmentError, flag, readEnv, text, url, whole } from '../../core/env.ts';

const contract = v.object({
  NAME: text(),
  QUEUE_URL: url('http', 'https'),
  DELAY: v.optional(whole(6, 900), '60'),
  LOOPBACK: v.optional(flag(), 'false'),
});
const right = { NAME: 'nedlia', QUEUE_URL: 'https://queue/1' };

const refusal = (source: Record<string, string | undefined>): string => {
  try {
    readEnv(contract, source);
  } catch (error) {
    assert.ok(error instanceof EnvironmentError);
    return error.message;
  }
  return 'accepted';
};

test('a right environment is read into values, without what the contract does not name', () => {
  assert.deepEqual(readEnv(contract, { ...right, NAME: ' nedlia ', DELAY: '6', LOOPBACK: 'true', PATH: '/bin' }), {
    NAME: 'nedlia',
    QUEUE_URL: 'https://queue/1',
    DELAY: 6,
    LOOPBACK: true,
  });
});

test('a wrong environment is one line that names every variable and what is wrong with it', () => {
  assert.equal(
    refusal({ QUEUE_URL: 'ftp://queue', DELAY: '5', LOOPBACK: 'yes' }),
    'wrong environment: NAME is missing; QUEUE_URL must be a URL (http, https); DELAY must be at least 6; LOOPBACK must be true or false',
  );
  assert.equal(refusal({ ...right, DELAY: '901' }), 'wrong environment: DELAY must be at most 900');
  assert.match(refusal({ ...right, DELAY: '6.5' }), /^wrong environment: DELAY must be a whole number/);
});

test('an empty variable is as good as none: it is missing, or its default', () => {
  assert.equal(refusal({ ...right, NAME: '' }), 'wrong environment: NAME is missing');
  assert.equal(refusal({ ...right, NAME: '   ' }), 'wrong environment: NAME is empty');
  const { DELAY, LOOPBACK } = readEnv(contract, { ...right, DELAY: '', LOOPBACK: '' });
  assert.deepEqual([DELAY, LOOPBACK], [60, false]);
});

test('a refusal never repeats the value of a variable', () => {
  const said = refusal({ NAME: ' ', QUEUE_URL: 'postgres://canary', DELAY: 'canary', LOOPBACK: 'canary' });
  assert.doesNotMatch(said, /canary/);
  assert.doesNotMatch(said, /\n/);
});
