import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import awsLambdaFastify from '@fastify/aws-lambda';
import type { Context as LambdaContext } from 'aws-lambda';
import { isSpanContextValid, trace } from '@opentelemetry/api';
import Fastify from 'fastify';
import { correlationId } from '../../../telemetry/correlation.ts';
import { configureOtherFormats } from '../../../telemetry/carry/other-formats.ts';
import type { RequestOptions } from '../../../telemetry/edges/http-server.ts';
import { requestFailed, requestTraceId, traceRequests } from '../../../telemetry/edges/http-server.ts';
import { entryContext } from '../../../telemetry/entry-span.ts';
import { readSampler } from '../../../telemetry/sampling/sampler.ts';
import { span } from '../../../telemetry/span.ts';
import { eventually } from '../../support/eventually.ts';
import type { RecordedSpan } from '../../support/spans.ts';
import { only, recordSpans } from '../../support/spans.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
const xrayTraceId = '5759e988bd862e3fe1be46a994272793';
const xray = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0';

/** A small API that tells what it sees of its own trace. */
async function anApp(t: TestContext, options: Partial<RequestOptions> = {}) {
  const app = Fastify({ bodyLimit: 1024 });
  traceRequests(app, { edge: 'continue', untraced: ['/health'], ...options });
  app.setErrorHandler((error, request, reply) => {
    requestFailed(request, error);
    const { statusCode = 500 } = error as { statusCode?: number };
    return reply.code(statusCode).send({ trace: requestTraceId(request) });
  });
  app.get('/health/live', async () => ({ trace: currentTraceId() ?? 'none' }));
  app.get('/fails', async () => {
    throw new TypeError('nobody foresaw this');
  });
  app.get('/slow/:id', async ({ raw }) => {
    await once(raw.socket, 'close');
    return span('after the wait', () => ({}));
  });
  app.post('/things/:id', async () => {
    await sleep(1);
    const said = span('thing.create', () => entryContext());
    return { trace: currentTraceId(), said: said?.traceparent, correlation: correlationId() };
  });
  t.after(() => app.close());
  return app;
}

const listening = async (t: TestContext, options?: Partial<RequestOptions>) =>
  (await anApp(t, options)).listen({ port: 0, host: '127.0.0.1' });

/** The trace the code of a handler runs in. */
const currentTraceId = (): string | undefined => {
  const current = trace.getActiveSpan()?.spanContext();
  return current && isSpanContextValid(current) ? current.traceId : undefined;
};

interface Told {
  trace: string;
  said: string;
  correlation: string;
}

const post = (url: string, headers: Record<string, string> = {}, body: string = '{"a":1}') =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

/** The span of this name, once it has ended: a client may have its answer a moment earlier. */
async function ended(spans: { all(): RecordedSpan[] }, name: string): Promise<RecordedSpan> {
  await eventually(() => spans.all().some((span) => span.name === name), `the end of ${name}`);
  return only(spans.all(), name);
}

const serverTiming = (span: RecordedSpan) => `trace;desc=00-${span.traceId}-${span.spanId}-01`;

test('a request has one SERVER span with its route, active through body parsing, and the answer says which', async (t) => {
  const spans = recordSpans(t);
  const url = await listening(t);
  const answer = await post(`${url}/things/7?secret=canary`, { 'x-correlation-id': 'order-7' });
  const told = (await answer.json()) as Told;
  const server = await ended(spans, 'POST /things/:id');
  const { port } = new URL(url);
  assert.deepEqual(server.attributes, {
    correlation_id: 'order-7',
    'http.request.method': 'POST',
    'http.route': '/things/:id',
    'url.path': '/things/7',
    'url.scheme': 'http',
    'network.protocol.version': '1.1',
    'server.address': '127.0.0.1',
    'server.port': Number(port),
    'http.response.status_code': 200,
  });
  assert.deepEqual([server.kind, server.status, server.parentId], ['SERVER', 'UNSET', undefined]);
  assert.equal(only(spans.all(), 'thing.create').parentId, server.spanId);
  assert.equal(answer.headers.get('server-timing'), serverTiming(server));
  assert.equal(answer.headers.get('x-correlation-id'), 'order-7');
  assert.deepEqual(told, {
    trace: server.traceId,
    said: `00-${server.traceId}-${server.spanId}-01`,
    correlation: 'order-7',
  });
});

test('behind the Lambda door it is the same, and the span has ended when the adapter answers', async (t) => {
  const spans = recordSpans(t);
  const handler = awsLambdaFastify(await anApp(t));
  const event = {
    httpMethod: 'POST',
    path: '/things/7',
    headers: { 'Content-Type': 'application/json', traceparent, Host: 'api.example' },
    body: '{"a":1}',
    requestContext: {},
  };
  const answer = await handler(event, {} as LambdaContext);
  const server = only(spans.all(), 'POST /things/:id');
  assert.deepEqual([server.traceId, server.parentId], [traceId, 'b7ad6b7169203331']);
  assert.equal(server.attributes['http.response.status_code'], 200);
  assert.deepEqual([server.status, server.attributes['error.type']], ['UNSET', undefined], 'nobody has gone away');
  assert.equal(server.attributes['server.address'], 'api.example');
  assert.equal(answer.headers['server-timing'], serverTiming(server));
  assert.equal((JSON.parse(answer.body) as Told).trace, traceId);
});

test('every answer says where to look: wrong body, too large, unknown path, wrong method, an error', async (t) => {
  const spans = recordSpans(t);
  const url = await listening(t);
  const answers = [
    ['POST /things/:id', 400, await post(`${url}/things/7`, {}, '{')],
    ['POST /things/:id', 413, await post(`${url}/things/7`, {}, `"${'x'.repeat(2000)}"`)],
    ['POST /things/:id', 415, await post(`${url}/things/7`, { 'content-type': 'text/csv' })],
    ['GET', 404, await fetch(`${url}/unknown/canary-path`)],
    ['DELETE', 404, await fetch(`${url}/things/7`, { method: 'DELETE' })],
    ['GET /fails', 500, await fetch(`${url}/fails`)],
  ] as const;
  for (const [name, status, answer] of answers) {
    assert.equal(answer.status, status, name);
    const [, found = ''] =
      /^trace;desc=00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(answer.headers.get('server-timing') ?? '') ?? [];
    await eventually(() => spans.all().some((span) => span.traceId === found), `the end of ${name}`);
    const matching = spans.all().filter((span) => span.traceId === found);
    assert.deepEqual(
      matching.map((span) => [span.name, span.attributes['http.response.status_code']]),
      [[name, status]],
    );
    assert.match(answer.headers.get('x-correlation-id') ?? '', /^[0-9a-f-]{36}$/);
    if (status !== 404) assert.equal(((await answer.json()) as Told).trace, found);
  }
});

test('only a 5xx makes the span ERROR, with what was thrown', async (t) => {
  const spans = recordSpans(t);
  const url = await listening(t);
  await fetch(`${url}/fails`);
  await post(`${url}/things/7`, {}, '{');
  const failed = await ended(spans, 'GET /fails');
  assert.deepEqual([failed.status, failed.attributes['error.type']], ['ERROR', 'TypeError']);
  assert.equal(failed.events[0]?.attributes['exception.message'], 'nobody foresaw this');
  const refused = await ended(spans, 'POST /things/:id');
  assert.deepEqual([refused.status, refused.attributes['error.type'], refused.events], ['UNSET', undefined, []]);
});

test('what a caller says of its trace counts as the edge decides', async (t) => {
  const spans = recordSpans(t, readSampler({}));
  const asked = async (edge: RequestOptions['edge'], headers: Record<string, string>) => {
    spans.clear();
    await post(`${await listening(t, { edge })}/things/7`, headers);
    return ended(spans, 'POST /things/:id');
  };
  const both = { traceparent, 'x-amzn-trace-id': xray, baggage: 'user=canary' };
  assert.equal((await asked('continue', both)).parentId, 'b7ad6b7169203331');
  assert.equal((await asked('continue', { 'x-amzn-trace-id': xray })).traceId, xrayTraceId);
  const linked = await asked('link', both);
  assert.deepEqual(linked.links, [{ traceId, spanId: 'b7ad6b7169203331' }]);
  const ignored = await asked('ignore', both);
  assert.deepEqual(ignored.links, []);
  for (const own of [linked, ignored]) {
    assert.notEqual(own.traceId, traceId);
    assert.equal(own.parentId, undefined);
  }
});

test('a format OTEL_PROPAGATORS names is read under the same edge, and none reads nothing', async (t) => {
  const spans = recordSpans(t, readSampler({}));
  t.after(() => configureOtherFormats([]));
  const asked = async (edge: RequestOptions['edge'], OTEL_PROPAGATORS: string, headers: Record<string, string>) => {
    spans.clear();
    configureOtherFormats(OTEL_PROPAGATORS.split(','));
    await post(`${await listening(t, { edge })}/things/7`, headers);
    return ended(spans, 'POST /things/:id');
  };
  const b3 = { b3: `${traceId}-b7ad6b7169203331-1` };
  assert.equal((await asked('continue', 'tracecontext,b3', b3)).parentId, 'b7ad6b7169203331');
  assert.deepEqual((await asked('link', 'b3', b3)).links, [{ traceId, spanId: 'b7ad6b7169203331' }]);
  for (const forgotten of [
    await asked('ignore', 'b3', b3),
    await asked('continue', 'tracecontext', b3),
    await asked('continue', 'none', { ...b3, traceparent }),
    await asked('link', 'none', { ...b3, traceparent }),
  ]) {
    assert.deepEqual([forgotten.parentId, forgotten.links], [undefined, []]);
    assert.notEqual(forgotten.traceId, traceId);
  }
});

test('a caller that asks not to be sampled is heard only where the edge continues and the sampler listens', async (t) => {
  const sampled = async (edge: RequestOptions['edge'], sampler: string) => {
    recordSpans(t, readSampler({ OTEL_TRACES_SAMPLER: sampler }));
    const answer = await post(`${await listening(t, { edge })}/things/7`, {
      traceparent: traceparent.replace(/01$/, '00'),
    });
    trace.disable();
    return answer.headers.get('server-timing')?.endsWith('-01');
  };
  assert.equal(await sampled('continue', 'parentbased_always_on'), false);
  assert.equal(await sampled('continue', 'always_on'), true);
  assert.equal(await sampled('link', 'parentbased_always_on'), true);
  assert.equal(await sampled('ignore', 'parentbased_always_on'), true);
});

test('a correlation id that is not safe is replaced, never repeated', async (t) => {
  recordSpans(t);
  const url = await listening(t);
  for (const unsafe of ['a b', 'x'.repeat(65), '<script>', 'a,b']) {
    const answer = await post(`${url}/things/7`, { 'x-correlation-id': unsafe });
    const made = answer.headers.get('x-correlation-id') ?? '';
    assert.match(made, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
    assert.equal(((await answer.json()) as Told).correlation, made);
  }
});

test('an untraced path gets neither span nor header, nor does anything below it', async (t) => {
  const spans = recordSpans(t);
  const answer = await fetch(`${await listening(t)}/health/live?probe=1`, { headers: { traceparent } });
  assert.deepEqual(await answer.json(), { trace: 'none' });
  assert.deepEqual([answer.headers.get('server-timing'), answer.headers.get('x-correlation-id')], [null, null]);
  assert.deepEqual(spans.all(), []);
});

test('when the client goes away the span ends once and says so, and later work still belongs to its trace', async (t) => {
  const spans = recordSpans(t);
  const app = await anApp(t);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const call = httpRequest(`${url}/slow/7`, { agent: false });
  call.on('error', () => {});
  call.end();
  await once(app.server, 'request');
  call.destroy();
  await ended(spans, 'after the wait');
  const server = await ended(spans, 'GET /slow/:id');
  assert.deepEqual([server.status, server.attributes['error.type']], ['ERROR', 'client_aborted']);
  assert.equal(server.attributes['http.response.status_code'], undefined);
  assert.equal(only(spans.all(), 'after the wait').traceId, server.traceId);
});

test('a client that goes away in the middle of its body leaves one ended span', async (t) => {
  const spans = recordSpans(t);
  const app = await anApp(t);
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(
    'POST /things/7 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a"',
  );
  await once(app.server, 'request');
  socket.destroy();
  assert.equal((await ended(spans, 'POST /things/:id')).attributes['error.type'], 'client_aborted');
});

test('requests on one connection, and requests at the same time, do not mix their traces', async (t) => {
  recordSpans(t);
  const url = await listening(t);
  const answers = await Promise.all(Array.from({ length: 30 }, () => post(`${url}/things/7`)));
  const told = await Promise.all(answers.map(async (answer) => ((await answer.json()) as Told).trace));
  const timings = answers.map((answer) => answer.headers.get('server-timing')?.slice(14, 46));
  assert.deepEqual(told, timings);
  assert.equal(new Set(told).size, 30);
});

test('hostile headers do the request no harm', async (t) => {
  const spans = recordSpans(t);
  const app = await anApp(t);
  const values = [
    '',
    ',',
    traceparent.toUpperCase(),
    'x'.repeat(100_000),
    '\u0000',
    '💥',
    `${traceparent}, ${traceparent}`,
  ];
  for (const value of values) {
    const headers = {
      traceparent: value,
      tracestate: value,
      'x-amzn-trace-id': value,
      'x-correlation-id': value,
      baggage: value,
      host: value,
    };
    const answer = await app.inject({ method: 'POST', url: '/things/7', headers, payload: {} });
    assert.equal(answer.statusCode, 200, value.slice(0, 40));
  }
  assert.ok(spans.all().every(({ parentId, name }) => name !== 'POST /things/:id' || parentId === undefined));
});

test('with telemetry disabled requests are answered, and no trace is claimed', async (t) => {
  recordSpans(t);
  trace.disable();
  const answer = await post(`${await listening(t)}/things/7`, { traceparent });
  assert.equal(answer.headers.get('server-timing'), null);
  assert.equal(((await answer.json()) as Told).said, traceparent);
});
