import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { startCollector } from '../../local/collector/collector.ts';
import { readExport } from '../../local/collector/otlp.ts';
import { openForwarding } from '../../telemetry/export/forward.ts';
import { serverExporters } from '../../telemetry/export/server-exporters.ts';
import { captureLog } from '../support/log-lines.ts';

/** A span with one of everything, serialised by OpenTelemetry's own serialisers. */
function richExport(): { protobuf: Buffer; json: Buffer } {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'nedlia-validator', 'service.namespace': 'nedlia' }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const other = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED };
  const span = provider.getTracer('test').startSpan('process nedlia-validator', {
    kind: SpanKind.CONSUMER,
    startTime: 1_700_000_000_123,
    attributes: { text: 'ü', whole: -42, fraction: 0.5, yes: true, no: false, list: ['a', 'b'] },
    links: [{ context: other, attributes: { why: 'invocation' } }],
  });
  span.addEvent('exception', { 'exception.type': 'Error' }, 1_700_000_000_124);
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'no such video' });
  span.end(1_700_000_000_125);
  const spans = exporter.getFinishedSpans();
  return {
    protobuf: Buffer.from(ProtobufTraceSerializer.serializeRequest(spans) ?? []),
    json: Buffer.from(JsonTraceSerializer.serializeRequest(spans) ?? []),
  };
}

const post = (
  endpoint: string,
  body: Buffer,
  headers: Record<string, string> = { 'content-type': 'application/x-protobuf' },
) => fetch(`${endpoint}/v1/traces`, { method: 'POST', body: new Uint8Array(body), headers });

async function collectorFor(t: TestContext, options?: Parameters<typeof startCollector>[0]) {
  const collector = await startCollector(options);
  t.after(() => collector.close());
  return collector;
}

test('a span arrives as it was exported, by protobuf, by JSON and compressed', async (t) => {
  const { protobuf, json } = richExport();
  const collector = await collectorFor(t);
  await post(collector.endpoint, protobuf);
  await post(collector.endpoint, json, { 'content-type': 'application/json' });
  await post(collector.endpoint, gzipSync(protobuf), {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'gzip',
  });

  const [first, ...others] = collector.spans();
  assert.equal(others.length, 2);
  for (const other of others) assert.deepEqual(other, first);
  assert.ok(first);
  assert.equal(first.name, 'process nedlia-validator');
  assert.equal(first.kind, 'CONSUMER');
  assert.equal(first.service, 'nedlia-validator');
  assert.deepEqual(first.attributes, { text: 'ü', whole: -42, fraction: 0.5, yes: true, no: false, list: ['a', 'b'] });
  assert.deepEqual(first.links, [
    { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: { why: 'invocation' } },
  ]);
  assert.deepEqual(first.events, [
    { name: 'exception', timeMs: 1_700_000_000_124, attributes: { 'exception.type': 'Error' } },
  ]);
  assert.deepEqual(first.status, { code: 'ERROR', message: 'no such video' });
  assert.deepEqual([first.startMs, first.endMs], [1_700_000_000_123, 1_700_000_000_125]);
  assert.match(first.traceId, /^[0-9a-f]{32}$/);
  assert.equal(first.parentSpanId, undefined);
});

test('what is no export is refused and disturbs nobody', async (t) => {
  const collector = await collectorFor(t);
  const { protobuf } = richExport();
  assert.equal((await post(collector.endpoint, Buffer.from('garbage'))).status, 400);
  assert.equal((await post(collector.endpoint, protobuf.subarray(0, -3))).status, 400);
  assert.equal((await post(collector.endpoint, Buffer.from('{'), { 'content-type': 'application/json' })).status, 400);
  assert.equal((await fetch(`${collector.endpoint}/v1/metrics`, { method: 'POST' })).status, 404);
  assert.deepEqual(collector.spans(), []);
  assert.equal((await post(collector.endpoint, protobuf)).status, 200);
  assert.equal(collector.spans().length, 1);
});

test('until() ends when enough has arrived, when the time is over, and when it is told to', async (t) => {
  const collector = await collectorFor(t);
  const { protobuf } = richExport();
  await post(collector.endpoint, protobuf);
  const traceId = collector.spans()[0]?.traceId ?? '';
  assert.equal(await collector.until(traceId, (spans) => spans.length === 1, 1000), true);
  assert.equal(await collector.until(traceId, (spans) => spans.length === 2, 20), false);
  assert.equal(await collector.until(traceId, (spans) => spans.length === 2, 60_000, AbortSignal.abort()), false);
  const waiting = collector.until(traceId, (spans) => spans.length === 2, 5000);
  await post(collector.endpoint, protobuf);
  assert.equal(await waiting, true);
});

test('every span is sent on to each backend that is named, whole', async (t) => {
  const [jaeger, otlp] = [await collectorFor(t), await collectorFor(t)];
  const env = {
    OTEL_TRACES_EXPORTER: 'jaeger,otlp,console',
    OTEL_EXPORTER_JAEGER_ENDPOINT: jaeger.endpoint,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${otlp.endpoint}/v1/traces`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  };
  const forwarding = openForwarding(env, serverExporters);
  assert.deepEqual(forwarding?.exporters, ['jaeger', 'otlp']);
  const collector = await startCollector({ forwarding });

  const { protobuf } = richExport();
  await post(collector.endpoint, protobuf);
  const received = collector.spans();
  await collector.close();
  assert.ok(received.length > 0);
  for (const backend of [jaeger, otlp]) assert.deepEqual(backend.spans(), received);
});

test('a span whose ids are none is not sent on, and those beside it are', async (t) => {
  const otlp = await collectorFor(t);
  const forwarding = openForwarding({ OTEL_EXPORTER_OTLP_ENDPOINT: otlp.endpoint }, serverExporters);
  const [span] = readExport('application/x-protobuf', richExport().protobuf);
  assert.ok(forwarding && span);
  const nested = { ...span, attributes: { list: { of: ['a', { deep: 1 }] } } };
  forwarding.forward([
    nested,
    { ...span, spanId: 'abc' },
    { ...span, traceId: '' },
    { ...span, parentSpanId: 'x' },
    span,
  ]);
  await forwarding.shutdown();
  assert.deepEqual(otlp.spans(), [nested, span]);
});

test('where no backend is named, or only the console, nothing is sent on', () => {
  assert.equal(openForwarding({}, serverExporters), undefined);
  assert.equal(openForwarding({ OTEL_TRACES_EXPORTER: 'console' }, serverExporters), undefined);
  assert.equal(openForwarding({ OTEL_BACKEND: 'none' }, serverExporters), undefined);
});

test('a backend that cannot be reached is said once and costs the work nothing', async (t) => {
  const lines = captureLog(t);
  const forwarding = openForwarding({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, serverExporters);
  const collector = await startCollector({ forwarding });
  const { protobuf } = richExport();
  assert.equal((await post(collector.endpoint, protobuf)).status, 200);
  assert.equal((await post(collector.endpoint, protobuf)).status, 200);
  await collector.close();
  assert.equal(collector.spans().length, 2);
  const [status] = forwarding?.status() ?? [];
  assert.deepEqual([status?.exporter, status?.exported, status?.lastError?.kind], ['otlp', 0, 'ECONNREFUSED']);
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['telemetry is not exported for now'],
  );
});

test('whoever looks in the wrong place is told the right one', async (t) => {
  const { endpoint } = await collectorFor(t);
  for (const [where, says] of [
    ['/', /GET \/traces\/<trace id>/],
    ['/traces', /GET \/traces\/<trace id>/],
    ['/traces/deadbeef', /^a trace id is 32 hexadecimal digits/],
    [`/traces/${'a'.repeat(32)}`, /^no span of trace a{32} has arrived/],
  ] as const) {
    const answer = await fetch(endpoint + where);
    assert.equal(answer.status, 404, where);
    assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8', where);
    assert.match(await answer.text(), says);
  }
});
