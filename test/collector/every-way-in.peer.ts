import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startCollector } from '../../local/collector/collector.ts';
import { serverExporters } from '../../telemetry/export/server-exporters.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { captureLog } from '../support/log-lines.ts';
import { callWith, freeEndpoint, startOtelcol } from '../support/otelcol.ts';
import { assertSample, recordSample, sample, SAMPLE_RESOURCE } from '../support/sample-trace.ts';

const configuration = readFileSync(join(import.meta.dirname, 'every-way-in.yaml'), 'utf8');
const WITHIN_MS = 10_000;

/** A Collector between our exporter and a receiver that keeps what it gets. */
async function startBetween(t: TestContext) {
  const sink = await startCollector();
  t.after(() => sink.close());
  const [grpc, http, zipkin] = [await freeEndpoint(), await freeEndpoint(), await freeEndpoint()];
  const otelcol = await startOtelcol(
    t,
    callWith([configuration], {
      GRPC_ENDPOINT: grpc,
      HTTP_ENDPOINT: http,
      ZIPKIN_ENDPOINT: zipkin,
      SINK_ENDPOINT: sink.endpoint,
    }),
  );
  return { sink, otelcol, grpc, http, zipkin };
}

type Endpoints = Record<'grpc' | 'http' | 'zipkin', string>;

/** Records the sample with these variables, and waits for both spans behind the Collector. */
async function send(t: TestContext, variables: (at: Endpoints) => NodeJS.ProcessEnv) {
  const { sink, otelcol, ...at } = await startBetween(t);
  const lines = captureLog(t);
  const env = { ...SAMPLE_RESOURCE, ...variables(at) };
  const telemetry = startTelemetry({ service: 'things', mode: 'server', exporters: serverExporters, env });
  t.after(() => telemetry.shutdown());
  const said = recordSample();
  await telemetry.flush();
  const { traceId } = said.parent.spanContext();
  const arrived = await sink.until(traceId, (spans) => spans.length >= 2, WITHIN_MS);
  assert.ok(arrived, `nothing arrived: ${otelcol.log()} ${JSON.stringify(lines)}`);
  assert.deepEqual(lines, []);
  assert.deepEqual([telemetry.status().exporters[0]?.exported, telemetry.status().exporters[0]?.dropped], [2, 0]);
  return { said, received: sink.spans(traceId) };
}

const asOtlp: Record<string, (at: Endpoints) => NodeJS.ProcessEnv> = {
  'OTLP as protobuf': ({ http }) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://${http}` }),
  'OTLP as protobuf, compressed': ({ http }) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${http}`,
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
  }),
  'OTLP as JSON': ({ http }) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${http}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  }),
  'OTLP by gRPC': ({ grpc }) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${grpc}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  }),
  'what is called jaeger': ({ http }) => ({
    OTEL_TRACES_EXPORTER: 'jaeger',
    OTEL_EXPORTER_JAEGER_ENDPOINT: `http://${http}`,
  }),
  'what is called coralogix': ({ http }) => ({
    OTEL_TRACES_EXPORTER: 'coralogix',
    CX_ENDPOINT: `http://${http}`,
    CX_TOKEN: 'cxtp_abc',
  }),
};

for (const [form, variables] of Object.entries(asOtlp)) {
  test(`${form} goes through the real Collector, and all that a span says comes out of it`, async (t) => {
    const { said, received } = await send(t, variables);
    assertSample(received, said);
  });
}

test('Zipkin goes through the real Collector: ids, parent, kinds, attributes, the link, the event, the error, the resource', async (t) => {
  const { said, received } = await send(t, ({ zipkin }) => ({
    OTEL_TRACES_EXPORTER: 'zipkin',
    OTEL_EXPORTER_ZIPKIN_ENDPOINT: `http://${zipkin}/api/v2/spans`,
  }));
  const [top, below] = ['parent', 'child'].map((name) => received.find((span) => span.name === name));
  assert.ok(top && below);
  const { traceId, spanId } = said.parent.spanContext();
  assert.deepEqual(
    [top.traceId, top.spanId, top.parentSpanId, top.kind, top.service],
    [traceId, spanId, undefined, 'SERVER', 'things'],
  );
  assert.deepEqual(
    [below.traceId, below.spanId, below.parentSpanId, below.kind, below.service],
    [traceId, said.child.spanContext().spanId, spanId, 'CLIENT', 'things'],
  );
  const { linked, attributes } = sample;
  for (const [key, value] of Object.entries(attributes)) {
    assert.equal(below.attributes[key], Array.isArray(value) ? JSON.stringify(value) : String(value), key);
  }
  assert.equal(below.attributes['otel.link.0'], `${linked.traceId}-${linked.spanId}`, 'Zipkin knows no links');
  assert.deepEqual(
    below.events.map(({ name }) => name),
    ['{"moment":{"at":1}}'],
  );
  assert.equal(below.status.code, 'ERROR');
  const whole = { ...below.resource, ...below.attributes };
  assert.deepEqual([whole['service.namespace'], whole['team']], ['nedlia', 'a b']);
});
