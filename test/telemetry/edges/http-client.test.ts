import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { context, INVALID_SPAN_CONTEXT, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { b3, b3multi } from '../../../telemetry/carry/b3.ts';
import { jaeger } from '../../../telemetry/carry/jaeger.ts';
import { fromTraceContext } from '../../../telemetry/carry/trace-context.ts';
import { configureOtherFormats } from '../../../telemetry/carry/other-formats.ts';
import { isTraceHeader } from '../../../telemetry/carry/trace-headers.ts';
import { traceHttpCall } from '../../../telemetry/edges/http-client.ts';
import { span } from '../../../telemetry/span.ts';
import { nobody, startPeer } from '../../support/peer.ts';
import { only, recordSpans } from '../../support/spans.ts';

/** Sends a POST with Node's own client, as the webhook does. */
const send = (url: URL) => (headers: Record<string, string>) =>
  new Promise<{ statusCode: number }>((resolve, reject) => {
    const call = request(url, { method: 'POST', headers, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve({ statusCode: response.statusCode ?? 0 }));
    });
    call.on('error', reject);
    call.end('{}');
  });

async function aPeer(t: TestContext, status = 204) {
  const seen: IncomingHttpHeaders[] = [];
  const origin = await startPeer(t, (incoming, response) => {
    seen.push({ ...incoming.headers, rawNames: incoming.rawHeaders.filter((_, index) => index % 2 === 0).join(' ') });
    response.writeHead(status).end();
  });
  return { seen, origin };
}

test('the other side gets exactly one traceparent, and it is the call’s own span', async (t) => {
  const spans = recordSpans(t);
  const { seen, origin } = await aPeer(t);
  const url = new URL('/hook', origin);
  await span('story', () => traceHttpCall({ method: 'POST', url }, send(url)));
  const call = only(spans.all(), 'POST');
  assert.equal(seen[0]?.['traceparent'], `00-${call.traceId}-${call.spanId}-01`);
  assert.equal(seen[0]?.['rawNames']?.toString().match(/traceparent/gi)?.length, 1);
  assert.deepEqual([call.kind, call.parentId, call.status], ['CLIENT', only(spans.all(), 'story').spanId, 'UNSET']);
});

test('the span says what was called, without credentials and query', async (t) => {
  const spans = recordSpans(t);
  const { origin } = await aPeer(t);
  const { host, port } = new URL(origin);
  const url = new URL(`http://canary:canary@${host}/hook?token=canary`);
  await traceHttpCall({ method: 'POST', url, attempt: 3 }, send(url));
  assert.deepEqual(only(spans.all(), 'POST').attributes, {
    'http.request.method': 'POST',
    'url.full': `http://REDACTED:REDACTED@${host}/hook?token=REDACTED`,
    'server.address': '127.0.0.1',
    'server.port': Number(port),
    'http.request.resend_count': 2,
    'http.response.status_code': 204,
  });
});

test('a path that is a secret is not told, nor what comes after it; the origin is', async (t) => {
  const spans = recordSpans(t);
  const { origin } = await aPeer(t);
  const { host, port } = new URL(origin);
  const url = new URL(`http://canary:canary@${host}/services/T0/B0/canary?canary=canary#canary`);
  await traceHttpCall({ method: 'POST', url, hidePath: true }, send(url));
  const { attributes } = only(spans.all(), 'POST');
  assert.deepEqual(
    [attributes['url.full'], attributes['server.address'], attributes['server.port']],
    [`${origin}/REDACTED`, '127.0.0.1', Number(port)],
  );
  assert.doesNotMatch(JSON.stringify(spans.all()), /canary/);
});

test('a path that is told is searched for secrets, and bounded', async (t) => {
  const spans = recordSpans(t);
  const { origin } = await aPeer(t);
  for (const path of ['/hook/whsec_canary', '/proxy/https://u:canary@host/', `/${'x'.repeat(5000)}/canary`]) {
    const url = new URL(path, origin);
    await traceHttpCall({ method: 'POST', url }, send(url));
  }
  assert.doesNotMatch(JSON.stringify(spans.all()), /canary/);
  for (const { attributes } of spans.all()) assert.ok(String(attributes['url.full']).length <= 2048);
});

test('the names of a query’s parameters are told, never a value, nor a name that may be one', async (t) => {
  const spans = recordSpans(t);
  const { origin } = await aPeer(t);
  const canary = 'canary'.repeat(10);
  for (const [query, told] of [
    ['?sig=canary&X-Amz-Signature=canary&page=canary', '?sig=REDACTED&X-Amz-Signature=REDACTED&page=REDACTED'],
    ['?canary', '?=REDACTED'],
    [`?${canary}=1`, '?=REDACTED'],
    [`?a=${'canary&'.repeat(500)}`, `?a=REDACTED${'&=REDACTED'.repeat(19)}`],
    ['#canary', ''],
  ]) {
    spans.clear();
    const url = new URL(`/hook${query}`, origin);
    await traceHttpCall({ method: 'POST', url }, send(url));
    assert.equal(only(spans.all(), 'POST').attributes['url.full'], `${origin}/hook${told}`);
  }
});

test('a trace the caller’s own headers hold, in whatever case, does not go out beside the call’s', async (t) => {
  const spans = recordSpans(t);
  const { seen, origin } = await aPeer(t);
  const url = new URL(origin);
  const headers = {
    TraceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
    Tracestate: 'vendor=1',
    BAGGAGE: 'user=canary',
    'X-Own': 'kept',
  };
  await traceHttpCall({ method: 'POST', url, headers }, send(url));
  const call = only(spans.all(), 'POST');
  const [received] = seen;
  assert.equal(received?.['traceparent'], `00-${call.traceId}-${call.spanId}-01`);
  assert.equal(received?.['rawNames']?.toString().match(/traceparent/gi)?.length, 1);
  assert.deepEqual(
    [received?.['tracestate'], received?.['baggage'], received?.['x-own']],
    [undefined, undefined, 'kept'],
  );
});

test('what OTEL_PROPAGATORS names goes out beside traceparent, each once, and replaces the caller’s', async (t) => {
  const spans = recordSpans(t);
  configureOtherFormats(['b3', 'jaeger', 'xray']);
  t.after(() => configureOtherFormats([]));
  const { seen, origin } = await aPeer(t);
  const url = new URL(origin);
  await traceHttpCall({ method: 'POST', url, headers: { B3: '0' } }, send(url));
  const { traceId, spanId } = only(spans.all(), 'POST');
  const [received] = seen;
  assert.deepEqual(
    [received?.['traceparent'], received?.['b3'], received?.['uber-trace-id'], received?.['x-amzn-trace-id']],
    [
      `00-${traceId}-${spanId}-01`,
      `${traceId}-${spanId}-1`,
      `${traceId}:${spanId}:0:01`,
      `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=1`,
    ],
  );
});

const FOREIGN = {
  B3: '0',
  'X-B3-TraceId': '0af7651916cd43dd8448eb211c80319c',
  'x-b3-parentspanid': 'b7ad6b7169203331',
  'Uber-Trace-Id': '0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1',
  'uberctx-user': 'canary',
  'X-Amzn-Trace-Id': 'Root=1-0af76519-16cd43dd8448eb211c80319c',
  'X-Cloud-Trace-Context': '0af7651916cd43dd8448eb211c80319c/1',
  'x-datadog-trace-id': '1',
  Baggage: 'user=canary',
};

for (const names of [[], ['b3'], ['none']]) {
  test(`no other format of the caller’s goes out either, with OTEL_PROPAGATORS=${names.join()}`, async (t) => {
    recordSpans(t);
    configureOtherFormats(names);
    t.after(() => configureOtherFormats([]));
    const { seen, origin } = await aPeer(t);
    const url = new URL(origin);
    await traceHttpCall({ method: 'POST', url, headers: { ...FOREIGN, 'x-request-id': 'r-1' } }, send(url));
    const [received = {}] = seen;
    const ours = names.includes('none') ? [] : ['traceparent', ...names];
    const expected = new Set(['x-request-id', ...ours, 'rawNames', 'host', 'connection', 'content-length']);
    assert.deepEqual(
      Object.keys(received).filter((header) => !expected.has(header)),
      [],
    );
    assert.deepEqual([received['x-request-id'], received['b3'] === '0'], ['r-1', false]);
  });
}

test('every header our own formats read or write is known for one of a trace', () => {
  const written = [b3, b3multi, jaeger].flatMap((format) => [
    ...format.headers,
    ...Object.keys(format.write(INVALID_SPAN_CONTEXT)),
  ]);
  for (const header of [...written, 'traceparent', 'tracestate', 'baggage', 'x-amzn-trace-id']) {
    assert.ok(isTraceHeader(header.toUpperCase()), header);
  }
  assert.ok(!isTraceHeader('x-correlation-id') && !isTraceHeader('authorization'));
});

test('with OTEL_PROPAGATORS=none nothing of ours goes out', async (t) => {
  recordSpans(t);
  configureOtherFormats(['none']);
  t.after(() => configureOtherFormats([]));
  const { seen, origin } = await aPeer(t);
  const url = new URL(origin);
  await traceHttpCall({ method: 'POST', url }, send(url));
  assert.deepEqual(
    seen.map(({ traceparent }) => traceparent),
    [undefined],
  );
});

test('no baggage goes out, and no tracestate over 512 bytes', async (t) => {
  recordSpans(t);
  const { seen, origin } = await aPeer(t);
  const url = new URL(origin);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  for (const tracestate of ['vendor=1', `vendor=${'x'.repeat(600)}`]) {
    const parent = fromTraceContext({ traceparent, tracestate, baggage: 'user=canary' });
    await context.with(parent, () => traceHttpCall({ method: 'POST', url }, send(url)));
  }
  assert.deepEqual(
    seen.map((headers) => [headers['tracestate'], headers['baggage']]),
    [
      ['vendor=1', undefined],
      [undefined, undefined],
    ],
  );
  assert.ok(propagation.getBaggage(ROOT_CONTEXT) === undefined);
});

for (const status of [404, 503]) {
  test(`an answer ${status} is returned and makes the span ERROR`, async (t) => {
    const spans = recordSpans(t);
    const url = new URL((await aPeer(t, status)).origin);
    assert.deepEqual(await traceHttpCall({ method: 'POST', url }, send(url)), { statusCode: status });
    const call = only(spans.all(), 'POST');
    assert.deepEqual([call.status, call.attributes['error.type']], ['ERROR', String(status)]);
  });
}

test('a call that fails says why on its span, and throws what it threw', async (t) => {
  const spans = recordSpans(t);
  const url = new URL(await nobody());
  await assert.rejects(traceHttpCall({ method: 'POST', url }, send(url)), { code: 'ECONNREFUSED' });
  const call = only(spans.all(), 'POST');
  assert.deepEqual([call.status, call.attributes['error.type']], ['ERROR', 'ECONNREFUSED']);
});

test('with telemetry disabled a call goes out with the context that came in', async (t) => {
  recordSpans(t);
  trace.disable();
  const { seen, origin } = await aPeer(t);
  const url = new URL(origin);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
  await context.with(fromTraceContext({ traceparent }), () => traceHttpCall({ method: 'POST', url }, send(url)));
  assert.equal(seen[0]?.['traceparent'], traceparent);
});
