import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_BODY, webhookReceiver } from '../../../lambdas/receiver/receive.ts';
import { aSecret, signed } from '../../support/signed-webhook.ts';

const [current, next, foreign] = [aSecret(1), aSecret(2), aSecret(3)];
const receive = webhookReceiver([current, next]);
const body = '{"type":"placement.created","data":{}}';
const post = (headers: Record<string, string>, text = body) =>
  receive({ method: 'POST', headers, body: Buffer.from(text) });
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
const statusAfter = (minutes: number) => post(signed(current, body, { at: minutesAgo(minutes) })).status;

/** The type that was read, or the status where it was refused. */
function typeOf(text: string): string | number {
  const verdict = post(signed(current, text), text);
  return verdict.status === 204 ? (verdict.type ?? 'none') : verdict.status;
}

test('a webhook signed with either secret is taken, with its id and type', () => {
  const taken = { status: 204, id: 'evt_1', type: 'placement.created' };
  assert.deepEqual(post(signed(current, body)), taken);
  assert.deepEqual(post(signed(next, body)), taken);
});

test('two signatures of which one is ours are enough, as while a secret is rotated', () => {
  const [ours, theirs] = [signed(next, body), signed(foreign, body)];
  const both = { ...ours, 'webhook-signature': `${theirs['webhook-signature']} ${ours['webhook-signature']}` };
  assert.equal(post(both).status, 204);
});

const refused: Record<string, [headers: Record<string, string>, text?: string]> = {
  'a secret of somebody else': [signed(foreign, body)],
  'a body changed by one byte': [signed(current, body), `${body} `],
  'the signature of another id': [{ ...signed(current, body), 'webhook-id': 'evt_2' }],
  'a timestamp moved to now': [
    { ...signed(current, body, { at: minutesAgo(60) }), 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) },
  ],
  'no signature': [{ 'webhook-id': 'evt_1', 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) }],
  'a signature of another version': [
    {
      ...signed(current, body),
      'webhook-signature': signed(current, body)['webhook-signature']?.replace('v1,', 'v2,') ?? '',
    },
  ],
  'a signature that is none': [{ ...signed(current, body), 'webhook-signature': 'v1' }],
  'no header at all': [{}],
};
for (const [what, [headers, text]] of Object.entries(refused)) {
  test(`${what} is refused with 401`, () => {
    assert.deepEqual(post(headers, text), { status: 401 });
  });
}

test('a genuine webhook is worth nothing after five minutes, nor five minutes early', () => {
  assert.deepEqual([4.9, -4.9].map(statusAfter), [204, 204]);
  assert.deepEqual([5.1, -5.1].map(statusAfter), [401, 401]);
});

test('what is genuine is taken whatever it says: no JSON, no type, an endless one', () => {
  assert.deepEqual(['{', 'null', '{}', '{"type":7}', ''].map(typeOf), ['none', 'none', 'none', 'none', 'none']);
  assert.equal(String(typeOf(JSON.stringify({ type: 'x'.repeat(5000) }))).length, 100);
  assert.equal(typeOf('{"type":"größe"}'), 'größe');
});

test('another method is 405 and a large body 413, before any signature is looked at', () => {
  const large = 'x'.repeat(MAX_BODY + 1);
  assert.deepEqual(receive({ method: 'GET', headers: signed(current, ''), body: Buffer.alloc(0) }), { status: 405 });
  assert.deepEqual(post(signed(current, large), large), { status: 413 });
  assert.equal(post(signed(current, large.slice(1)), large.slice(1)).status, 204);
});
