import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { RequestDone } from '../../api/request-log.ts';
import { startServer, type ServerOptions } from '../../api/server.ts';
import { EnvironmentError } from '../../core/env.ts';
import { askOverHttp, assertProblem, openApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { freshDatabase } from '../support/database.ts';
import { captureLog } from '../support/log-lines.ts';
import { only } from '../support/spans.ts';

// Slow on purpose: trickled headers are given 5 s by the server, half-open connections 3 s when it closes.

const lines = captureLog({ after: (done) => after(done as () => void) });
const api = await openApi();
const { url: DATABASE_URL, db } = await freshDatabase();
const env = {
  DATABASE_URL,
  EVENT_BUS_NAME: 'nedlia-events',
  FILE_GENERATOR_QUEUE_URL: 'http://127.0.0.1:9/000000000000/nedlia-file-generator',
  RELAY_QUEUE_URL: 'http://127.0.0.1:9/000000000000/nedlia-relay',
};
const start = (options: Partial<ServerOptions> = {}) => startServer({ env, host: '127.0.0.1', port: 0, ...options });
const portOf = (url: string) => Number(new URL(url).port);

/** What came back until the server closed the connection, or `withinMs` were over. */
async function exchange(port: number, text: string | Buffer, withinMs = 30_000): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.on('error', () => {});
  socket.write(text);
  await Promise.race([new Promise((resolve) => socket.once('close', resolve)), sleep(withinMs)]);
  socket.destroy();
  return received;
}

const askAs = (host: string, url: string, path = '/v1/videos') =>
  askOverHttp(portOf(url), { method: 'GET', path, headers: { host } });

test('on loopback, a Host of elsewhere is refused with a problem, whatever its path; where others may come, any is served', async (t) => {
  const local = await start({ onRequestDone: () => {} });
  const open = await start({ host: '0.0.0.0', onRequestDone: () => {} });
  t.after(() => Promise.all([local.close(), open.close()]));
  for (const host of ['evil.example', 'evil.example:3000', '127.0.0.1.evil.example', 'localhost.evil.example']) {
    for (const path of ['/v1/videos', '/docs/', '/nothing'])
      assertProblem(await askAs(host, local.url, path), 421, 'misdirected-request');
  }
  for (const host of ['localhost', 'LOCALHOST:3000', '127.0.0.1', '127.0.0.1:3000', '[::1]', '[::1]:3000'])
    assert.equal((await askAs(host, local.url)).status, 200, host);
  assert.equal((await askAs('api.example', open.url)).status, 200);
});

test('what is no HTTP is answered with a problem, and the connection closed', async () => {
  for (const [text, status] of [
    ['nonsense\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  ] as const) {
    const received = await exchange(api.port, text);
    assert.match(received, new RegExp(`^HTTP/1.1 ${status} `));
    const problem = JSON.parse(received.split('\r\n\r\n')[1] ?? '') as Record<string, unknown>;
    assert.equal(problem['status'], status);
    assert.match(String(problem['type']), /^urn:nedlia:problem:/);
    assert.equal('trace_id' in problem, false, 'it never was a request');
    assert.match(received, /content-type: application\/problem\+json/);
  }
});

test('a refusal of the parser never stands in for the answer to a request before it', async () => {
  const body = '{"title":"a","duration":1}';
  const head = `POST /v1/videos HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const received = await exchange(api.port, `${head}${body}GARBAGE\r\n\r\n`);
  assert.deepEqual(received.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 201', 'HTTP/1.1 400']);
});

const begun = 'POST /v1/videos HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n';
for (const [what, text, status] of [
  ['broken', `${begun}transfer-encoding: chunked\r\n\r\nzz\r\n{`, 400],
  ['late', `${begun}content-length: 50\r\n\r\n{`, 408],
] as const) {
  test(`a request whose body is ${what} is refused in its own trace, and the connection closed`, async (t) => {
    const { requestTimeout, headersTimeout } = api.server;
    t.after(() => Object.assign(api.server, { requestTimeout, headersTimeout }));
    Object.assign(api.server, { requestTimeout: 500, headersTimeout: 500 });
    const received = await exchange(api.port, text, 5000);
    assert.deepEqual(received.match(/HTTP\/1\.1 \d+/g), [`HTTP/1.1 ${status}`]);
    assert.match(received, /^content-type: application\/problem\+json\r$/im);
    assert.match(received, /^connection: close\r$/im);
    const { trace_id: traceId } = JSON.parse(received.split('\r\n\r\n')[1] ?? '') as { trace_id: string };
    assert.match(received, new RegExp(`server-timing: trace;desc=00-${traceId}-`, 'i'));
    const span = api.spans.all().find((one) => one.traceId === traceId);
    assert.deepEqual([span?.name, span?.attributes['http.response.status_code']], ['POST /v1/videos', status]);
    assert.equal(span?.attributes['error.type'], undefined);
  });
}

test('a connection that was used before hears why it is closed', async () => {
  const socket = connect(api.port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.write('GET /nothing HTTP/1.1\r\nhost: a\r\n\r\n');
  await eventually(() => received.includes('not-found'));
  socket.write(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
  await new Promise((resolve) => socket.once('close', resolve));
  assert.match(received, /HTTP\/1\.1 431 .*headers-too-large/s);
});

test('a request without a Host is a problem, and an expectation nobody knows is passed over', async () => {
  const noHost = await exchange(api.port, 'GET /v1/videos HTTP/1.1\r\nconnection: close\r\n\r\n');
  assert.match(noHost, /^HTTP\/1\.1 400 .*"code":"invalid-request".*"trace_id"/s);
  const expecting = 'GET /v1/videos HTTP/1.1\r\nhost: a\r\nexpect: zzz\r\nconnection: close\r\n\r\n';
  assert.match(await exchange(api.port, expecting), /^HTTP\/1\.1 200 /);
});

test('a client that leaves in the middle of its body is not logged as a failure of ours', async () => {
  const head = 'POST /v1/videos HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{';
  const before = lines.length;
  await exchange(api.port, head, 100);
  await sleep(200);
  assert.deepEqual(
    lines.slice(before).filter(({ level }) => level === 'error'),
    [],
  );
});

test('a path in absolute form is the same path', async () => {
  const received = await exchange(api.port, 'GET http://a/v1/videos HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  assert.match(received, /^HTTP\/1.1 200 /);
});

test('the answer to a body that is far too large arrives, and the upload is not waited for', async () => {
  for (const megabytes of [1, 20]) {
    const body = Buffer.alloc(megabytes * 1024 * 1024, 'x');
    body.write('{"title":"');
    const head = `POST /v1/videos HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    assert.match(await exchange(api.port, Buffer.concat([Buffer.from(head), body])), /^HTTP\/1.1 413 /);
  }
});

const sendChunked = (size: number) => {
  const body = JSON.stringify({ name: 'x'.repeat(size) });
  const half = Math.floor(body.length / 2);
  const chunks = [body.slice(0, half), body.slice(half), ''].map(
    (chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`,
  );
  const head =
    'POST /v1/products HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n';
  return exchange(api.port, `${head}transfer-encoding: chunked\r\n\r\n${chunks.join('')}`);
};

test('a chunked body over the limit is 413, under it is read', async () => {
  assert.match(await sendChunked(100), /^HTTP\/1.1 201 /);
  assert.match(await sendChunked(70_000), /^HTTP\/1.1 413 /);
});

test('a client that trickles its headers is cut off after some 5 s', async () => {
  // A busy machine adds what it likes to the time, so the limits themselves are looked at as well.
  const { headersTimeout, requestTimeout } = api.server;
  assert.deepEqual({ headersTimeout, requestTimeout }, { headersTimeout: 5000, requestTimeout: 10_000 });
  const began = performance.now();
  const received = await exchange(api.port, 'GET /v1/videos HTTP/1.1\r\nhost: a\r\n');
  assert.match(received, /^HTTP\/1.1 408 /);
  assert.match(received, /urn:nedlia:problem:request-timeout/);
  assert.ok(performance.now() - began < 20_000, 'Node’s own limit is a minute');
});

test('a taken port is an error, or the next one is taken when that is wished', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  after(() => other.close());
  const { port } = other.address() as { port: number };
  await assert.rejects(start({ port }), { code: 'EADDRINUSE' });
  const said: string[] = [];
  const server = await start({ port, nextFreePort: true, log: (line) => said.push(line) });
  assert.ok(portOf(server.url) > port);
  assert.match(said[0] ?? '', new RegExp(`port ${port} is taken`));
  assert.equal((await askOverHttp(portOf(server.url), { method: 'GET', path: '/health/live' })).status, 200);
  await server.close();
});

test('a wrong environment is told by the name of its variable', async () => {
  await assert.rejects(start({ env: { ...env, RELAY_QUEUE_URL: undefined } }), (error) => {
    assert.ok(error instanceof EnvironmentError);
    assert.match(error.message, /RELAY_QUEUE_URL is missing/);
    return true;
  });
});

test('the local door shows the reference page and the document', async () => {
  const server = await start({ onRequestDone: () => {} });
  const page = await askOverHttp(portOf(server.url), { method: 'GET', path: '/docs/' });
  assert.equal(page.status, 200);
  assert.match(page.text, /<title>/i);
  const document = await askOverHttp(portOf(server.url), { method: 'GET', path: '/openapi.json' });
  assert.equal(document.json['openapi'], '3.1.0');
  assertProblem(await askOverHttp(portOf(server.url), { method: 'GET', path: '/docs/none' }), 404, 'not-found');
  await server.close();
});

test('closing lets running requests end, cuts idle and half-open connections after 3 s, and may be repeated', async (t) => {
  const server = await start({ onRequestDone: () => {} });
  const port = portOf(server.url);
  const idle: Socket = connect(port, '127.0.0.1');
  idle.on('error', () => {});
  idle.write('GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n');
  const halfOpen = connect(port, '127.0.0.1');
  halfOpen.on('error', () => {});
  halfOpen.write('GET /health/live HTTP/1.1\r\nhost:');
  await once(idle, 'data');
  // A request that runs is one that waits for what another has locked.
  const locked = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const lock = db.transaction().execute(async (tx) => {
    await sql`lock table videos`.execute(tx);
    locked.resolve();
    await ended.promise;
  });
  await locked.promise;
  const running = askOverHttp(port, { method: 'GET', path: '/v1/videos' });
  const waiting = sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await eventually(async () => (await waiting.execute(db)).rows.length > 0, 'a request that runs');
  const began = performance.now();
  const timers = t.mock.method(globalThis, 'setTimeout');
  const closed = Promise.all([server.close(), server.close()]);
  const limits = timers.mock.calls.map(({ arguments: [, milliseconds] }) => milliseconds);
  timers.mock.restore();
  ended.resolve();
  await closed;
  await lock;
  assert.deepEqual(limits, [3000]); // what a busy machine adds to it is not to be told from a longer one
  assert.ok(performance.now() - began < 12_000, 'a half-open one would stay for ever');
  assert.equal((await running).status, 200);
  await assert.rejects(askOverHttp(port, { method: 'GET', path: '/health/live' }), { code: 'ECONNREFUSED' });
});

/** Sends half a body, and goes once the server has said that it wants the rest of it. */
async function leaveInTheMiddle(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const head =
    'POST /v1/products HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n';
  socket.write(`${head}x-correlation-id: order-10\r\nexpect: 100-continue\r\n\r\n{"name":"canary`);
  await once(socket, 'data');
  socket.destroy();
}

test('one log line per request: method, route, status, duration and trace, and nothing of what was sent', async () => {
  const server = await start();
  const port = portOf(server.url);
  lines.length = 0;
  const headers = { authorization: 'Bearer canary-header', 'x-correlation-id': 'order-9' };
  const answered = await askOverHttp(port, { method: 'GET', path: '/v1/videos/canary-id?x=canary-query', headers });
  await askOverHttp(port, { method: 'GET', path: '/canary-path' });
  await askOverHttp(port, { method: 'GET', path: '/health/live' });
  const logged = () => lines.filter((line) => line.message === 'request');
  await eventually(() => logged().length === 2);
  await leaveInTheMiddle(port);
  await eventually(() => logged().length === 3);
  await server.close();
  const requests = logged();
  assert.deepEqual(
    requests.map(({ method, route, status, aborted }) => ({ method, route, status, aborted })),
    [
      { method: 'GET', route: '/v1/videos/:id', status: 404, aborted: undefined },
      { method: 'GET', route: undefined, status: 404, aborted: undefined },
      { method: 'POST', route: '/v1/products', status: 200, aborted: true },
    ],
  );
  const [first, , left] = requests;
  const leftSpan = only(
    api.spans.all().filter(({ attributes }) => attributes['error.type'] === 'client_aborted'),
    'POST /v1/products',
  );
  assert.deepEqual([left?.['trace_id'], left?.['correlation_id']], [leftSpan.traceId, 'order-10']);
  assert.equal(first?.['trace_id'], answered.json['trace_id']);
  assert.equal(first?.['correlation_id'], 'order-9');
  assert.equal(typeof first?.['duration_ms'], 'number');
  assert.ok(!JSON.stringify(lines).includes('canary'), JSON.stringify(lines));
});

test('whoever starts the server may hear of requests instead of the log, also of those a client left', async () => {
  const done: RequestDone[] = [];
  const server = await start({ onRequestDone: (one) => done.push(one) });
  const port = portOf(server.url);
  lines.length = 0;
  await askOverHttp(port, { method: 'GET', path: '/v1/videos' });
  const socket = connect(port, '127.0.0.1');
  socket.write(
    'POST /v1/videos HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{',
  );
  // A third request that is answered was received after the second, whose body is waited for then.
  await sleep(50);
  await askOverHttp(port, { method: 'GET', path: '/health/live' });
  socket.destroy();
  await eventually(() => done.length === 2);
  await server.close();
  assert.deepEqual(
    done.map(({ method, route, aborted }) => ({ method, route, aborted })),
    [
      { method: 'GET', route: '/v1/videos', aborted: false },
      { method: 'POST', route: '/v1/videos', aborted: true },
    ],
  );
  assert.equal(done[0]?.status, 200);
  assert.match(done[0]?.traceId ?? '', /^[0-9a-f]{32}$/);
  assert.deepEqual(
    lines.filter((line) => line.message === 'request'),
    [],
  );
});
