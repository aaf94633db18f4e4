import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { startReceiver } from '../../local/receiver.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const body = '{"type":"placement.created"}';

function signed(key: string, at = new Date()): Record<string, string> {
  return {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(key).sign('evt_1', at, body),
  };
}

test('a genuine webhook is taken and listed; a forged, stale, altered or unsigned one is refused', async (t) => {
  const receiver = await startReceiver({ secret });
  t.after(() => receiver.close());
  const send = async (headers: Record<string, string>, text = body) =>
    (await fetch(receiver.url, { method: 'POST', headers, body: text })).status;

  assert.equal(await send(signed(`whsec_${Buffer.alloc(32, 8).toString('base64')}`)), 401);
  assert.equal(await send(signed(secret, new Date(Date.now() - 3_600_000))), 401);
  assert.equal(await send(signed(secret), `${body} `), 401);
  assert.equal(await send({}), 401);
  assert.deepEqual(await (await fetch(receiver.url)).json(), []);

  assert.equal(await send({ ...signed(secret), 'x-extra': 'kept' }), 204);
  const listed = (await (await fetch(receiver.url)).json()) as { headers: Record<string, string>; body: string }[];
  assert.equal(listed.length, 1);
  assert.equal(listed[0]?.body, body);
  assert.equal(listed[0]?.headers['x-extra'], 'kept');
});
