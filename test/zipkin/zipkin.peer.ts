import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { serverExporters } from '../../telemetry/export/server-exporters.ts';
import type { ZipkinSpan } from '../../telemetry/export/zipkin/span.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { startSpan } from '../../telemetry/tracer.ts';
import { captureLog } from '../support/log-lines.ts';
import { missingHops } from '../../local/hops.ts';
import { startOnce } from '../support/start-once.ts';
import { recordSample, sample, SAMPLE_RESOURCE } from '../support/sample-trace.ts';

const zipkin = process.env['ZIPKIN_URL'] ?? '';
const WITHIN_MS = 10_000;

function start(t: TestContext, service = 'things') {
  const lines = captureLog(t);
  const env = {
    ...SAMPLE_RESOURCE,
    OTEL_TRACES_EXPORTER: 'zipkin',
    OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${zipkin}/api/v2/spans`,
  };
  const telemetry = startTelemetry({ service, mode: 'server', exporters: serverExporters, env });
  t.after(() => telemetry.shutdown());
  return { telemetry, lines };
}

/** Asks Zipkin's API until `enough` holds for the answer. */
async function ask<T>(path: string, enough: (answer: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + WITHIN_MS; ; await sleep(100)) {
    const answer = await fetch(`${zipkin}/api/v2/${path}`);
    const said = await answer.text();
    if (answer.ok && enough(JSON.parse(said) as T)) return JSON.parse(said) as T;
    if (Date.now() > deadline) throw new Error(`Zipkin answered ${answer.status} for ${path}: ${said}`);
  }
}

const traceOf = (id: string, count: number) => ask<ZipkinSpan[]>(`trace/${id}`, (spans) => spans.length >= count);

test('real Zipkin shows the trace: ids, parent, kinds, tags, the link, annotation, error and resource', async (t) => {
  const { telemetry, lines } = start(t);
  const { parent, child } = recordSample();
  await telemetry.flush();
  assert.deepEqual([telemetry.status().exporters[0]?.exported, lines], [2, []]);

  const { traceId, spanId } = parent.spanContext();
  const spans = await traceOf(traceId, 2);
  const [top, below] = ['parent', 'child'].map((name) => spans.find((span) => span.name === name));
  assert.ok(top && below && spans.length === 2);
  assert.deepEqual(
    [top.traceId, top.id, top.parentId, top.kind, top.localEndpoint.serviceName],
    [traceId, spanId, undefined, 'SERVER', 'things'],
  );
  assert.deepEqual(
    [below.traceId, below.id, below.parentId, below.kind, below.remoteEndpoint?.serviceName],
    [traceId, child.spanContext().spanId, spanId, 'CLIENT', 'postgresql'],
  );
  for (const [key, value] of Object.entries(sample.attributes)) {
    assert.equal(below.tags[key], Array.isArray(value) ? JSON.stringify(value) : String(value), key);
  }
  const { linked } = sample;
  const tags = ['otel.link.0', 'error', 'otel.status_code', 'team', 'service.namespace'].map((key) => below.tags[key]);
  assert.deepEqual(tags, [`${linked.traceId}-${linked.spanId}`, 'no', 'ERROR', 'a b', 'nedlia']);
  assert.deepEqual(
    below.annotations.map(({ value }) => value),
    ['{"moment":{"at":1}}'],
  );
});

test('real Zipkin sees who calls whom: API, broker, consumer and database of one trace are edges', async (t) => {
  const hop = async (service: string, kind: SpanKind, called: string, below = context.active()) => {
    const { telemetry } = start(t, service);
    const top = startSpan(service, { kind }, below);
    const inside = trace.setSpan(below, top);
    startSpan('SELECT', { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql' } }, inside).end();
    const attributes = { 'messaging.system.name': called };
    const sent = startSpan('send', { kind: SpanKind.PRODUCER, attributes }, inside);
    sent.end();
    top.end();
    await telemetry.shutdown();
    return { traceId: top.spanContext().traceId, below: trace.setSpan(below, sent) };
  };
  const first = await hop('nedlia-api', SpanKind.SERVER, 'aws.eventbridge');
  await hop('nedlia-validator', SpanKind.CONSUMER, 'aws.sqs', first.below);

  const spans = await traceOf(first.traceId, 6);
  assert.deepEqual(new Set(spans.map(({ localEndpoint }) => localEndpoint.serviceName)).size, 2);
  const consumer = spans.find(({ kind }) => kind === 'CONSUMER');
  assert.equal(spans.find(({ id }) => id === consumer?.parentId)?.kind, 'PRODUCER');

  const path = `dependencies?endTs=${Date.now() + 1000}`;
  const edges = await ask<{ parent: string; child: string }[]>(path, (found) => found.length >= 3);
  const drawn = edges.map(({ parent, child }) => `${parent} → ${child}`);
  t.diagnostic(drawn.join(', '));
  for (const edge of ['nedlia-api → postgresql', 'nedlia-validator → postgresql', 'nedlia-api → aws.eventbridge']) {
    assert.ok(drawn.includes(edge), drawn.join(', '));
  }
});

test('the trace of npm start is in real Zipkin whole: every hop, below the parent it has', async () => {
  const { traceId, spans: shown } = await startOnce({
    OTEL_TRACES_EXPORTER: 'zipkin',
    OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${zipkin}/api/v2/spans`,
  });
  const spans = await traceOf(traceId, shown.length);
  // Zipkin writes names in lower case; what is shown says how they are written.
  const written = new Map(shown.map(({ spanId, name }) => [spanId, name]));
  for (const { id, name } of spans) assert.equal(name, written.get(id)?.toLowerCase());
  const nodes = spans.map(({ id, parentId }) => ({
    spanId: id,
    parentSpanId: parentId,
    name: written.get(id) ?? '',
  }));
  assert.deepEqual(missingHops(nodes), []);
});
