import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webhookSecretsOf } from '../../aws/webhook-secrets.ts';
import { captureLog } from '../support/log-lines.ts';

const secret = (byte: number) => `whsec_${Buffer.alloc(24, byte).toString('base64')}`;
const kept = { arn: 'arn:aws:secretsmanager:eu-central-1:1:secret:nedlia' };
const MINUTE = 60_000;
const unread = () => Promise.reject(new Error('nothing has to be read'));

/** Secrets Manager with one secret, and a clock. */
function aKeeper(held: string) {
  const keeper = { held: held as string | Error, asked: 0, now: 0 };
  const read = async () => {
    keeper.asked += 1;
    if (keeper.held instanceof Error) throw keeper.held;
    return keeper.held;
  };
  return { keeper, secrets: webhookSecretsOf(kept, read, () => keeper.now) };
}

test('secrets that are given are used as they are', async () => {
  assert.deepEqual(await webhookSecretsOf([secret(1)], unread)(), [secret(1)]);
});

test('a rotated secret is used within five minutes, without asking for every webhook', async () => {
  const { keeper, secrets } = aKeeper(secret(1));
  assert.deepEqual(await secrets(), [secret(1)]);
  keeper.held = `${secret(2)},${secret(1)}`;
  keeper.now = 4 * MINUTE;
  assert.deepEqual([await secrets(), keeper.asked], [[secret(1)], 1]);
  keeper.now = 5 * MINUTE;
  assert.deepEqual(await secrets(), [secret(2), secret(1)]);
});

for (const [what, held] of [
  ['cannot be read', new Error('throttled')],
  ['was overwritten by nonsense', 'hunter2'],
] as const) {
  test(`a secret that ${what} later is used on, with a warning that does not repeat it`, async (t) => {
    const { keeper, secrets } = aKeeper(secret(1));
    await secrets();
    Object.assign(keeper, { held, now: 6 * MINUTE });
    const lines = captureLog(t);
    assert.deepEqual(await secrets(), [secret(1)]);
    assert.equal(lines.length, 1);
    assert.doesNotMatch(JSON.stringify(lines), /hunter2/);
  });
}

test('as long as no secret could be read there is none: the webhook comes again', async () => {
  const { keeper, secrets } = aKeeper(secret(1));
  Object.assign(keeper, { held: new Error('throttled') });
  await assert.rejects(secrets(), /throttled/);
  keeper.held = secret(1);
  assert.deepEqual(await secrets(), [secret(1)]);
});
