import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { startCollector } from '../../local/collector/collector.ts';
import { forwardTo } from '../../local/collector/forward.ts';

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

test('every export is sent on byte for byte, with the headers that were asked for', async (t) => {
  const got: { url: string | undefined; key: unknown; body: Buffer }[] = [];
  let answer = 503;
  const target = createServer((request, response) => {
    void (async () => {
      got.push({ url: request.url, key: request.headers['x-key'], body: await buffer(request) });
      response.writeHead(answer).end();
      answer = 200;
    })();
  }).listen(0, '127.0.0.1');
  await once(target, 'listening');
  t.after(() => target.close());
  const lines: string[] = [];
  const endpoint = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`;
  const forwarder = forwardTo(endpoint, 'x-key=a%20b=, other=1', (line) => lines.push(line));
  const collector = await collectorFor(t, { forwarder });

  const { protobuf } = richExport();
  await post(collector.endpoint, protobuf);
  await forwarder.drain(5000);
  assert.equal(got.length, 2, 'the first answer was 503, so it was sent again');
  for (const { url, key, body } of got) {
    assert.equal(url, '/v1/traces');
    assert.equal(key, 'a b=');
    assert.deepEqual(body, protobuf);
  }
  assert.deepEqual(lines, []);
});

test('a target that cannot be reached is said once and costs the work nothing', async (t) => {
  const lines: string[] = [];
  const forwarder = forwardTo('http://127.0.0.1:9', undefined, (line) => lines.push(line));
  const collector = await collectorFor(t, { forwarder });
  const { protobuf } = richExport();
  assert.equal((await post(collector.endpoint, protobuf)).status, 200);
  assert.equal((await post(collector.endpoint, protobuf)).status, 200);
  await forwarder.drain(10_000);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /do not reach 127\.0\.0\.1:9/);
  assert.equal(collector.spans().length, 2);
});
