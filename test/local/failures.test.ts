import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReceivedSpan } from '../../local/collector/otlp.ts';
import { failuresAsText, failuresOf } from '../../local/failures.ts';

let count = 0;
/** An attempt at a message; without an `error` it did what it was for. */
const attempt = (messageId: string, error?: [type: string, message: string]): ReceivedSpan => ({
  traceId: 'a'.repeat(32),
  spanId: String(++count).padStart(16, '0'),
  parentSpanId: undefined,
  traceState: undefined,
  name: 'process nedlia-notifier',
  kind: 'CONSUMER',
  service: 'nedlia-notifier',
  resource: {},
  attributes: { 'messaging.message.id': messageId, ...(error && { 'error.type': error[0] }) },
  startMs: count,
  endMs: count + 1,
  status: error ? { code: 'ERROR', message: error[1] } : { code: 'UNSET' },
  events: [],
  links: [],
});

const rejected: [string, string] = ['webhook-rejected', 'the webhook was answered with 404'];
const notNow: [string, string] = ['Error', 'the webhook was answered with 503'];

test('a message that is given up lies in the dead-letter queue, and the line below says how it gets out', () => {
  const failures = failuresOf([attempt('1', rejected), attempt('2', rejected), attempt('3')]);
  assert.deepEqual(
    failures.map(({ message_id, given_up }) => [message_id, given_up]),
    [
      ['1', true],
      ['2', true],
    ],
  );
  assert.deepEqual(failuresAsText(failures, 'http://127.0.0.1:4566'), [
    '2 × process nedlia-notifier failed (webhook-rejected: the webhook was answered with 404); its message is given up and lies in nedlia-notifier-dlq.',
    'Mend the cause, then: AWS_ENDPOINT_URL=http://127.0.0.1:4566 npm run redrive -- notifier',
  ]);
  assert.match(
    failuresAsText(failures, undefined)[1] ?? '',
    /^Mend the cause, start again .* npm run redrive -- notifier$/,
  );
});

test('one that is tried again comes again, with its cause', () => {
  assert.deepEqual(failuresAsText(failuresOf([attempt('1', notNow)]), undefined), [
    'process nedlia-notifier failed (Error: the webhook was answered with 503); its message comes again.',
  ]);
  const [network] = failuresOf([attempt('1', ['ECONNREFUSED', 'connect ECONNREFUSED'])]);
  assert.equal(network?.given_up, false);
  const [late] = failuresOf([attempt('1', ['timeout', 'still running'])]);
  assert.equal(late?.given_up, false);
});

test('what a later attempt mended has not failed', () => {
  assert.deepEqual(failuresOf([attempt('1', notNow), attempt('1')]), []);
});
