import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { Permanent } from '../../../core/permanent.ts';
import { Unavailable } from '../../../core/unavailable.ts';
import { webhookSender, type WebhookMessage, type WebhookOptions } from '../../../lambdas/notifier/webhook.ts';
import { withCorrelation } from '../../../telemetry/correlation.ts';
import { log } from '../../../telemetry/log.ts';
import { span } from '../../../telemetry/span.ts';
import { captureLog } from '../../support/log-lines.ts';
import { nobody } from '../../support/peer.ts';
import { only, recordSpans } from '../../support/spans.ts';

const [secret, nextSecret] = [11, 22].map((byte) => `whsec_${Buffer.alloc(24, byte).toString('base64')}`) as [
  string,
  string,
];
const message: WebhookMessage = { id: 'evt_1', body: '{"type":"x","é":1}', attempt: 1 };
const patient = () => new AbortController().signal;

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  url: string | undefined;
}

/** A subscriber on loopback, the only place a test can be one, and a sender that knows it as hooks.example. */
async function aSubscriber(t: TestContext, answer: RequestListener, options: Partial<WebhookOptions> = {}) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body, url: request.url });
      return answer(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const send = webhookSender({
    url: new URL(`http://hooks.example:${port}/secret-path?token=t`),
    secrets: async () => [secret],
    allowLoopback: true,
    resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    ...options,
  });
  return { send, received };
}

const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(code, headers).end();

test('a webhook reaches the address that was checked, whatever the name would resolve to now', async (t) => {
  const { send, received } = await aSubscriber(t, status(204));
  await send(message, patient()); // hooks.example has no address in the world
  assert.equal(received[0]?.url, '/secret-path?token=t');
  assert.match(String(received[0]?.headers.host), /^hooks\.example:\d+$/);
});

test('a webhook carries what Standard Webhooks asks for, signed over the very bytes', async (t) => {
  const { send, received } = await aSubscriber(t, status(200));
  await withCorrelation({ correlationId: 'order-7', userId: 'u-1' }, () => send(message, patient()));
  const [{ headers, body }] = received as [Received];
  assert.equal(body, message.body);
  assert.equal(headers['webhook-id'], 'evt_1');
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['x-correlation-id'], 'order-7');
  assert.doesNotMatch(JSON.stringify(headers), /u-1/, 'who asked is not told');
  assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000) < 5);
  assert.doesNotThrow(() => new Webhook(secret).verify(body, headers as Record<string, string>));
  assert.throws(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>));
});

test('while a secret is rotated either one verifies', async (t) => {
  const { send, received } = await aSubscriber(t, status(200), { secrets: async () => [secret, nextSecret] });
  await send(message, patient());
  const [{ headers, body }] = received as [Received];
  assert.match(String(headers['webhook-signature']), /^v1,\S+ v1,\S+$/);
  for (const known of [secret, nextSecret]) new Webhook(known).verify(body, headers as Record<string, string>);
});

test('every attempt has the same id and bytes', async (t) => {
  const { send, received } = await aSubscriber(t, status(503));
  for (const attempt of [1, 2, 3]) await assert.rejects(send({ ...message, attempt }, patient()));
  assert.deepEqual(
    new Set(received.map(({ headers, body }) => `${String(headers['webhook-id'])} ${body}`)),
    new Set([`${message.id} ${message.body}`]),
  );
});

test('the trace goes with it, the baggage does not, and the span tells no path', async (t) => {
  const spans = recordSpans(t);
  const { send, received } = await aSubscriber(t, status(204));
  await span('notifier.send_notification', () => send({ ...message, attempt: 3 }, patient()));
  const post = only(spans.all(), 'POST');
  const { headers } = received[0] as Received;
  assert.equal(headers['traceparent'], `00-${post.traceId}-${post.spanId}-01`);
  assert.equal(headers['baggage'], undefined);
  assert.equal(post.parentId, only(spans.all(), 'notifier.send_notification').spanId);
  assert.equal(post.attributes['http.response.status_code'], 204);
  assert.equal(post.attributes['http.request.resend_count'], 2);
  assert.equal(post.attributes['url.full'], `http://${String(headers.host)}/REDACTED`);
  assert.equal(post.attributes['server.address'], 'hooks.example');
  assert.doesNotMatch(JSON.stringify(spans.all()), /secret-path|token/);
});

test('whatever goes wrong, neither the error nor the span nor a line about it tells the path', async (t) => {
  const spans = recordSpans(t);
  const lines = captureLog(t);
  const port = new URL(await nobody()).port;
  const failing: [RequestListener, Partial<WebhookOptions>][] = [
    [status(401, { location: '/secret-path' }), {}],
    [status(503), {}],
    [(request) => void request.socket.destroy(), {}],
    [(request) => void request.socket.end('no HTTP at all'), {}],
    [() => {}, { deadlineMs: 30 }],
    [status(204), { url: new URL(`http://hooks.example:${port}/secret-path`) }],
    [status(204), { url: new URL('https://u:p@hooks.example/secret-path') }],
    [status(204), { url: new URL('ftp://hooks.example/secret-path'), allowLoopback: false }],
    [status(204), { resolve: () => Promise.reject(new Error('getaddrinfo ENOTFOUND hooks.example')) }],
  ];
  for (const [answer, options] of failing) {
    const { send } = await aSubscriber(t, answer, options);
    await assert.rejects(
      span('told', () => send(message, patient())),
      (error) => {
        log.error('not sent', { error });
        assert.doesNotMatch(inspect(error, { depth: 8, showHidden: true }), /secret-path/);
        return true;
      },
    );
  }
  assert.equal(spans.all().filter(({ name }) => name === 'told').length, failing.length);
  assert.equal(lines.length, failing.length);
  assert.doesNotMatch(JSON.stringify([spans.all(), lines]), /secret-path/);
});

for (const code of [200, 201, 202, 204, 299]) {
  test(`${code} is done`, async (t) => {
    const { send } = await aSubscriber(t, status(code));
    await send(message, patient());
  });
}

for (const code of [408, 409, 425, 429, 500, 502, 503, 504, 599]) {
  test(`${code} means again`, async (t) => {
    const { send } = await aSubscriber(t, status(code));
    await assert.rejects(send(message, patient()), (error) => error instanceof Error && !(error instanceof Permanent));
  });
}

for (const code of [300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 410, 413, 418, 422]) {
  test(`${code} means never, and no redirect is followed`, async (t) => {
    const { send, received } = await aSubscriber(t, status(code, { location: '/elsewhere' }));
    await assert.rejects(
      send(message, patient()),
      (error) => error instanceof Permanent && error.reason === 'webhook-rejected',
    );
    assert.equal(received.length, 1);
  });
}

const inTwoMinutes = () => new Date(Date.now() + 120_000).toUTCString();
for (const [what, header, least, most] of [
  ['seconds', () => '7', 7, 7],
  ['a date', inTwoMinutes, 118, 121],
  ['a day, cut to a quarter of an hour', () => '86400', 900, 900],
  ['more digits than a number holds', () => '9'.repeat(400), 900, 900],
] as const) {
  test(`Retry-After is honoured: ${what}`, async (t) => {
    const { send } = await aSubscriber(t, status(429, { 'retry-after': header() }));
    await assert.rejects(send(message, patient()), (error) => {
      assert.ok(error instanceof Unavailable);
      assert.ok(error.retryAfter >= least && error.retryAfter <= most, String(error.retryAfter));
      return true;
    });
  });
}

for (const header of ['0', '-5', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT', '']) {
  test(`a Retry-After of "${header}" is left to the ordinary back-off`, async (t) => {
    const { send } = await aSubscriber(t, status(503, { 'retry-after': header }));
    await assert.rejects(send(message, patient()), (error) => error instanceof Error && !('retryAfter' in error));
  });
}

test('an answer that never comes ends at the deadline, as "again"', async (t) => {
  const { send } = await aSubscriber(t, () => {}, { deadlineMs: 50 });
  await assert.rejects(send(message, patient()), (error) => !(error instanceof Permanent));
});

test('a name that is never resolved ends at the deadline, too', async (t) => {
  const { send } = await aSubscriber(t, status(204), { deadlineMs: 50, resolve: () => new Promise(() => {}) });
  await assert.rejects(send(message, patient()), { name: 'TimeoutError' });
});

test('the consumer can end an attempt, also before it began', async (t) => {
  const consumer = new AbortController();
  const { send, received } = await aSubscriber(t, () => consumer.abort(new Error('time is up')));
  await assert.rejects(send(message, consumer.signal));
  await assert.rejects(send(message, consumer.signal), /time is up/);
  assert.equal(received.length, 1);
});

test('a connection that breaks means again', async (t) => {
  const { send } = await aSubscriber(t, (request) => void request.socket.destroy());
  await assert.rejects(send(message, patient()), (error) => !(error instanceof Permanent));
});

test('nobody listening means again', async () => {
  const send = webhookSender({
    url: new URL('http://127.0.0.1:1/'),
    secrets: async () => [secret],
    allowLoopback: true,
  });
  await assert.rejects(send(message, patient()), { code: 'ECONNREFUSED' });
});

test('an endless answer is cut after 64 KiB', async (t) => {
  let written = 0;
  const { send } = await aSubscriber(t, (_request, response) => {
    const chunk = Buffer.alloc(16 * 1024);
    const pour = () => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length;
      response.once('drain', pour);
    };
    pour();
  });
  await send(message, patient());
  assert.ok(written < 10 * 1024 * 1024, String(written));
});

test('an answer whose body never ends counts by its status', async (t) => {
  // The status has to be there in time, which on a busy machine takes its time.
  for (const deadlineMs of [50, 500, 5000]) {
    const { send } = await aSubscriber(t, (_request, response) => void response.writeHead(200).write('half'), {
      deadlineMs,
    });
    const sent = await send(message, patient()).then(
      () => true,
      (error: unknown) => {
        if (deadlineMs === 5000) throw error;
      },
    );
    if (sent) return;
  }
});

test('no connection is kept: the next webhook may come after a freeze', async (t) => {
  const { send, received } = await aSubscriber(t, status(204));
  await send(message, patient());
  assert.equal(received[0]?.headers.connection, 'close');
});
