import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { MAX_BODY } from '../../lambdas/receiver/receive.ts';
import { startReceiver } from '../../local/receiver.ts';
import { aSecret, signed } from '../support/signed-webhook.ts';

const [current, next] = [aSecret(7), aSecret(9)];
const body = '{"type":"placement.created"}';

async function start(t: TestContext) {
  const receiver = await startReceiver({ secret: `${current}, ${next}` });
  t.after(() => receiver.close());
  const send = async (headers: Record<string, string>, text = body) =>
    (await fetch(receiver.url, { method: 'POST', headers, body: text })).status;
  return { receiver, send };
}

test('a genuine webhook is taken and listed; a forged, stale, altered or unsigned one is refused', async (t) => {
  const { receiver, send } = await start(t);
  assert.equal(await send(signed(aSecret(8), body)), 401);
  assert.equal(await send(signed(current, body, { at: new Date(Date.now() - 3_600_000) })), 401);
  assert.equal(await send(signed(current, body), `${body} `), 401);
  assert.equal(await send({}), 401);
  assert.deepEqual(await (await fetch(receiver.url)).json(), []);

  assert.equal(await send({ ...signed(current, body), 'x-extra': 'kept' }), 204);
  const listed = (await (await fetch(receiver.url)).json()) as { headers: Record<string, string>; body: string }[];
  assert.equal(listed.length, 1);
  assert.equal(listed[0]?.body, body);
  assert.equal(listed[0]?.headers['x-extra'], 'kept');
});

test('while a secret is rotated either of the two is good', async (t) => {
  const { send } = await start(t);
  assert.equal(await send(signed(next, body)), 204);
});

test('a body too large is refused, whether its length is said or not; another method is too', async (t) => {
  const { receiver, send } = await start(t);
  const large = 'x'.repeat(MAX_BODY + 1);
  assert.equal(await send(signed(current, large), large), 413);
  const streamed = { method: 'POST', body: new Blob([large]).stream(), duplex: 'half' } as const;
  assert.equal((await fetch(receiver.url, streamed)).status, 413);
  assert.equal((await fetch(receiver.url, { method: 'DELETE' })).status, 405);
});
