import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerProps } from '../../lib/worker.ts';
import type { env } from '../../lambdas/validator/env.ts';

type Environment = WorkerProps<typeof env>['environment'];

// The promise is kept by `tsc`: each line below stops being an error the day the contract is no longer checked.
const whole: Environment = { DATABASE_URL: 'x', EVENT_BUS_NAME: 'x', RELAY_QUEUE_URL: 'x' };
// @ts-expect-error -- EVENT_BUS_NAME is missing
const missing: Environment = { DATABASE_URL: 'x', RELAY_QUEUE_URL: 'x' };
// @ts-expect-error -- RELAY_QUEUE_URI is nothing the function reads
const misspelt: Environment = { ...whole, RELAY_QUEUE_URI: 'x' };
// @ts-expect-error -- the construct provides it
const twice: Environment = { ...whole, QUEUE_URL: 'x' };
// @ts-expect-error -- variables are strings
const mistyped: Environment = { ...whole, RELAY_DELAY_SECONDS: 60 };

test('a missing, misspelt, doubled or mistyped variable of a function is a type error', () => {
  assert.equal([whole, missing, misspelt, twice, mistyped].length, 5);
});
