import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { startCollector } from '../../../local/collector/collector.ts';
import { functionExporters } from '../../../telemetry/export/function-exporters.ts';
import type { Settings } from '../../../telemetry/settings/settings.ts';
import { complete } from '../../../telemetry/settings/settings.ts';
import { span } from '../../../telemetry/span.ts';
import { startTelemetry } from '../../../telemetry/start.ts';
import { startSpan } from '../../../telemetry/tracer.ts';
import { captureLog } from '../../support/log-lines.ts';

function start(t: TestContext, settings: Settings, env: NodeJS.ProcessEnv = {}) {
  const telemetry = startTelemetry({
    service: 'things',
    mode: 'function',
    exporters: functionExporters,
    settings,
    env,
  });
  t.after(() => telemetry.shutdown());
  return telemetry;
}

/** A collector, and the resource of the spans it gets. */
async function receiver(t: TestContext) {
  const collector = await startCollector();
  t.after(() => collector.close());
  return { endpoint: collector.endpoint, resource: () => collector.spans()[0]?.resource ?? {}, collector };
}

test('a program can say all of it in code', async (t) => {
  const { endpoint, resource } = await receiver(t);
  const telemetry = start(t, {
    backend: ['otlp', 'console'],
    endpoint,
    serviceName: 'shop',
    serviceVersion: '1.2',
    environment: 'staging',
    resourceAttributes: { 'service.namespace': 'retail' },
  });
  assert.deepEqual(
    telemetry.status().exporters.map(({ exporter }) => exporter),
    ['otlp', 'console'],
  );
  span('work', () => undefined);
  await telemetry.flush();
  assert.deepEqual(
    ['service.name', 'service.version', 'deployment.environment.name', 'service.namespace'].map(
      (key) => resource()[key],
    ),
    ['shop', '1.2', 'staging', 'retail'],
  );
});

test('whoever operates the program can overrule it, also by an alias', async (t) => {
  captureLog(t);
  const { endpoint, resource } = await receiver(t);
  const telemetry = start(
    t,
    {
      enabled: false,
      endpoint: 'http://127.0.0.1:1/v1/traces',
      serviceName: 'shop',
      environment: 'staging',
      samplingRate: 0,
    },
    {
      OTEL_ENABLED: 'true',
      OTLP_ENDPOINT: endpoint,
      SERVICE_NAME: 'stall',
      ENVIRONMENT: 'production',
      OTEL_TRACES_SAMPLER: 'always_on',
    },
  );
  span('work', () => undefined);
  await telemetry.flush();
  assert.deepEqual([resource()['service.name'], resource()['deployment.environment.name']], ['stall', 'production']);
});

test('settings come to the same words as the variables', () => {
  const said = complete(
    {},
    { samplingRate: 0.5, propagators: ['b3', 'baggage'], exportTimeoutMillis: 100, protocol: 'grpc' },
  );
  assert.deepEqual(said, {
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.5',
    OTEL_PROPAGATORS: 'b3,baggage',
    OTEL_EXPORTER_OTLP_TIMEOUT: '100',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  });
  // A ratio is said of a sampler: it does not go with the one another has named.
  const named = { OTEL_TRACES_SAMPLER: 'traceidratio' };
  assert.deepEqual(complete(named, { samplingRate: 0.5 }), named);
});

test('a wrong setting is one warning with what is allowed', (t) => {
  const lines = captureLog(t);
  start(t, { backend: 'datadog' });
  assert.equal(lines.length, 1);
  assert.match(lines[0]?.message ?? '', /"datadog" is not a known name.*allowed: otlp, xray, console/);
});

test('an excluded URL leaves nothing in the traces, nor does what happens below it', async (t) => {
  const lines = captureLog(t);
  const { endpoint, collector } = await receiver(t);
  const telemetry = start(t, { endpoint, sampler: 'always_on', excludedUrls: ['health', '^/metrics$', '('] });
  for (const path of ['/health/ready', '/metrics', '/metrics/all', '/v1/videos']) {
    const server = startSpan(`GET ${path}`, { kind: SpanKind.SERVER, attributes: { 'url.path': path } }, ROOT_CONTEXT);
    context.with(trace.setSpan(ROOT_CONTEXT, server), () => span(`below ${path}`, () => undefined));
    server.end();
  }
  await telemetry.flush();
  assert.deepEqual(
    collector.spans().map(({ name }) => name),
    ['below /metrics/all', 'GET /metrics/all', 'below /v1/videos', 'GET /v1/videos'],
  );
  assert.equal(lines.length, 1);
  assert.match(lines[0]?.message ?? '', /TRACE_EXCLUDED_URLS "\(" is not a regular expression/);
});
