import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { context, trace } from '@opentelemetry/api';
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace-node';
import { NodeTracerProvider, SamplingDecision } from '@opentelemetry/sdk-trace-node';
import { fromTraceContext } from '../../telemetry/carry/trace-context.ts';
import { withCorrelation } from '../../telemetry/correlation.ts';
import { withEntry, entryContext } from '../../telemetry/entry-span.ts';
import { functionExporters } from '../../telemetry/export/function-exporters.ts';
import { serverExporters } from '../../telemetry/export/server-exporters.ts';
import { span } from '../../telemetry/span.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { startSpan } from '../../telemetry/tracer.ts';
import { eventually } from '../support/eventually.ts';
import { captureLog } from '../support/log-lines.ts';
import { drain, startPeer } from '../support/peer.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Starts telemetry with an exporter named `memory` beside the functions' own; ends it with the test. */
function start(t: TestContext, env: NodeJS.ProcessEnv = {}) {
  const exported: ReadableSpan[] = [];
  const memory = () => ({
    export: (spans: ReadableSpan[], done: (result: { code: number }) => void) => {
      exported.push(...spans);
      done({ code: 0 });
    },
    shutdown: async () => {},
  });
  const exporters = { ...functionExporters, memory };
  const lines = captureLog(t);
  const telemetry = startTelemetry({
    service: 'things',
    mode: 'function',
    exporters,
    attributes: { 'service.namespace': 'own' },
    env: { OTEL_TRACES_EXPORTER: 'memory', ...env },
  });
  t.after(() => telemetry.shutdown());
  return { telemetry, exported, lines };
}

const resourceOf = async (t: TestContext, env: NodeJS.ProcessEnv) => {
  const { telemetry, exported } = start(t, env);
  span('work', () => undefined);
  await telemetry.flush();
  return exported[0]?.resource.attributes ?? {};
};

test('the environment names the service before the program does', async (t) => {
  assert.equal((await resourceOf(t, {}))['service.name'], 'things');
  const attributes = 'service.name=listed,service.namespace=a%20b,team=x=y';
  const listed = await resourceOf(t, { OTEL_RESOURCE_ATTRIBUTES: attributes });
  assert.deepEqual([listed['service.name'], listed['service.namespace'], listed['team']], ['listed', 'a b', 'x=y']);
  const named = await resourceOf(t, {
    OTEL_RESOURCE_ATTRIBUTES: attributes,
    OTEL_SERVICE_NAME: 'named',
  });
  assert.equal(named['service.name'], 'named');
});

test('a function says which one it is and where it runs', async (t) => {
  const resource = await resourceOf(t, {
    AWS_LAMBDA_FUNCTION_NAME: 'maker',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_REGION: 'eu-central-1',
  });
  assert.deepEqual(
    ['cloud.provider', 'cloud.region', 'faas.name', 'faas.version', 'faas.max_memory'].map((key) => resource[key]),
    ['aws', 'eu-central-1', 'maker', '$LATEST', 512 * 1024 * 1024],
  );
});

const wrong: Record<string, [NodeJS.ProcessEnv, RegExp]> = {
  'exporter nobody knows': [
    { OTEL_TRACES_EXPORTER: 'memory,otpl' },
    /OTEL_TRACES_EXPORTER "otpl" .*otlp, xray, console, jaeger, coralogix, memory, none/,
  ],
  'exporter that is gone': [{ OTEL_TRACES_EXPORTER: 'memory,logging' }, /"logging" is not in this bundle/],
  'exporter that is elsewhere': [{ OTEL_TRACES_EXPORTER: 'memory,zipkin' }, /"zipkin" is not in this bundle/],
  'protocol that is elsewhere': [
    { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    /OTEL_EXPORTER_OTLP_PROTOCOL "grpc" is not in this bundle.*http\/protobuf/,
  ],
  sampler: [{ OTEL_TRACES_SAMPLER: 'sometimes' }, /OTEL_TRACES_SAMPLER "sometimes".*always_on, always_off/],
  'sampler that asks a service': [
    { OTEL_TRACES_SAMPLER: 'XRay' },
    /"xray" would ask a service for its rules.*parentbased_always_on.*TRACE_SAMPLING_RULES/,
  ],
  'sampling rule': [{ TRACE_SAMPLING_RULES: 'route=/a:2' }, /TRACE_SAMPLING_RULES "route=\/a:2" is not a rule/],
  ratio: [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '7' }, /OTEL_TRACES_SAMPLER_ARG .*0 to 1/],
  propagator: [{ OTEL_PROPAGATORS: 'tracecontext,smoke' }, /OTEL_PROPAGATORS "smoke".*xray/],
  'propagator that is elsewhere': [{ OTEL_PROPAGATORS: 'ottrace' }, /"ottrace" is not in this bundle.*b3multi, jaeger/],
  'resource attributes': [{ OTEL_RESOURCE_ATTRIBUTES: 'a=%zz' }, /OTEL_RESOURCE_ATTRIBUTES/],
  switch: [{ OTEL_SDK_DISABLED: 'maybe' }, /OTEL_SDK_DISABLED must be true or false/],
  level: [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL "loud".*debug, info, warn, error/],
  'level of OpenTelemetry': [{ OTEL_LOG_LEVEL: 'loud' }, /OTEL_LOG_LEVEL "loud"/],
  endpoint: [
    { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
    /OTEL_EXPORTER_OTLP_ENDPOINT/,
  ],
  'time-out': [{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_TIMEOUT: 'soon' }, /OTEL_EXPORTER_OTLP_TIMEOUT/],
};

for (const [what, [env, expected]] of Object.entries(wrong)) {
  test(`a wrong ${what} is one warning that says what is allowed, and the work goes on`, (t) => {
    const { lines, telemetry } = start(t, env);
    assert.equal(lines.length, 1, JSON.stringify(lines));
    assert.equal(lines[0]?.level, 'warn');
    assert.match(lines[0]?.message ?? '', expected);
    assert.equal(
      span('work', () => 7),
      7,
    );
    assert.equal(telemetry.status().enabled, true);
  });
}

test('no environment stops the start', (t) => {
  const variables = [
    'OTEL_TRACES_EXPORTER', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_PROTOCOL',
    'OTEL_EXPORTER_JAEGER_ENDPOINT', 'OTEL_EXPORTER_JAEGER_AGENT_HOST', 'OTEL_EXPORTER_ZIPKIN_ENDPOINT', 'CX_DOMAIN', 'CX_ENDPOINT', 'CX_TOKEN',
    'OTEL_ENABLED', 'OTEL_BACKEND', 'OTEL_EXPORTER_ENDPOINT', 'OTLP_ENDPOINT', 'OTEL_SAMPLING_RATE', 'SERVICE_NAME', 'SERVICE_VERSION',
    'ENVIRONMENT', 'OTEL_SERVICE_VERSION', 'OTEL_PYTHON_FASTAPI_EXCLUDED_URLS', 'TRACE_EXCLUDED_URLS', 'TRACE_SAMPLING_RULES', 'OTEL_EXPORTER_OTLP_HEADERS',
    'OTEL_EXPORTER_OTLP_TIMEOUT', 'OTEL_EXPORTER_OTLP_COMPRESSION', 'OTEL_EXPORTER_OTLP_CERTIFICATE', 'OTEL_TRACES_SAMPLER',
    'OTEL_TRACES_SAMPLER_ARG', 'OTEL_PROPAGATORS', 'OTEL_RESOURCE_ATTRIBUTES', 'OTEL_SERVICE_NAME', 'OTEL_BSP_SCHEDULE_DELAY',
    'OTEL_BSP_MAX_QUEUE_SIZE', 'OTEL_LOG_LEVEL', 'OTEL_SDK_DISABLED', 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'LOG_LEVEL',
    'OTEL_SPAN_EVENT_COUNT_LIMIT', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'AWS_LAMBDA_FUNCTION_NAME',
  ]; // prettier-ignore
  const values = [
    '',
    ' ',
    ',',
    '=',
    '%',
    'NaN',
    '-1',
    '1e999',
    '\u0000',
    '💥',
    'x'.repeat(100_000),
    '__proto__',
    'constructor',
    'http://[',
    '/dev/null',
  ];
  const { lines } = start(t);
  for (const mode of ['function', 'server'] as const) {
    for (const value of values) {
      const wrong = Object.fromEntries(variables.map((variable) => [variable, value]));
      for (const exporter of [{}, { OTEL_TRACES_EXPORTER: 'otlp,xray,console,zipkin,jaeger,coralogix' }]) {
        startTelemetry({ service: 'things', mode, exporters: serverExporters, env: { ...wrong, ...exporter } });
      }
      assert.equal(
        span('work', () => 7),
        7,
      );
    }
  }
  assert.ok(lines.every(({ level, message }) => ['info', 'warn'].includes(level) && message.length < 1000));
});

test('a span says the same whether or not a sampler looks at it first, and its attributes can decide', async (t) => {
  const whose = { correlationId: 'order-8' };
  for (const env of [{}, { TRACE_SAMPLING_RULES: 'route=/left-out:0' }]) {
    const { telemetry, exported } = start(t, env);
    withCorrelation(whose, () => span('kept', { 'http.route': '/a' }, () => undefined));
    span('out', { 'http.route': '/left-out' }, () => undefined);
    await telemetry.flush();
    const [kept, ...others] = exported;
    assert.deepEqual(kept?.attributes, { correlation_id: 'order-8', 'http.route': '/a' });
    assert.deepEqual(
      others.map(({ name }) => name),
      'TRACE_SAMPLING_RULES' in env ? [] : ['out'],
    );
    await telemetry.shutdown();
  }
});

test('attributes that cannot be read cost themselves, not their span', async (t) => {
  for (const env of [{}, { TRACE_SAMPLING_RULES: 'route=/left-out:0' }]) {
    const { telemetry, exported } = start(t, env);
    const broken = { enumerable: true, get: () => assert.fail('not to be read') };
    const attributes = Object.defineProperty({ readable: true }, 'broken', broken);
    assert.equal(
      span('work', attributes, () => 7),
      7,
    );
    await telemetry.flush();
    assert.deepEqual(
      exported.map(({ name, attributes }) => [name, attributes]),
      [['work', { readable: true }]],
    );
    await telemetry.shutdown();
  }
});

test('disabled, another provider’s sampler sees the attributes, for nobody knows what it looks at', (t) => {
  start(t, { OTEL_SDK_DISABLED: 'true' });
  const seen: unknown[] = [];
  const sampler = {
    shouldSample: (...[, , , , attributes]: Parameters<Sampler['shouldSample']>) => {
      seen.push({ ...attributes });
      return { decision: SamplingDecision.RECORD_AND_SAMPLED };
    },
    toString: () => 'looks',
  };
  trace.setGlobalTracerProvider(new NodeTracerProvider({ sampler }));
  span('work', { 'http.route': '/x' }, () => undefined);
  assert.deepEqual(seen, [{ 'http.route': '/x' }]);
});

test('disabled, nothing is recorded, but an incoming context is passed on as it came', async (t) => {
  const { telemetry, exported } = start(t, { OTEL_SDK_DISABLED: 'TRUE' });
  const carried = { traceparent, tracestate: 'vendor=1', baggage: 'a=1' };
  const parent = fromTraceContext(carried);
  const said = await context.with(withEntry(parent, startSpan('process', {}, parent)), () =>
    span('deeper', async () => {
      await Promise.resolve();
      return entryContext();
    }),
  );
  await telemetry.flush();
  assert.deepEqual(said, carried);
  const { enabled, exporters } = telemetry.status();
  assert.deepEqual([exported.length, enabled, exporters], [0, false, []]);
});

test('several exporters each get every span; none of them gets any with `none`', async (t) => {
  const bodies: number[] = [];
  const endpoint = await startPeer(t, async (request, response) => {
    bodies.push((await drain(request)).length);
    response.end();
  });
  const { telemetry, exported } = start(t, {
    OTEL_TRACES_EXPORTER: 'otlp, memory',
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  });
  span('work', () => undefined);
  await telemetry.flush();
  assert.deepEqual([bodies.length, exported.length], [1, 1]);
  const { enabled, exporters } = start(t, { OTEL_TRACES_EXPORTER: 'none' }).telemetry.status();
  assert.deepEqual([enabled, exporters], [true, []]);
});

for (const [protocol, type] of [
  ['http/json', 'application/json'],
  ['http/protobuf', 'application/x-protobuf'],
]) {
  test(`a server exports by itself, as ${protocol} if that is asked for`, async (t) => {
    const requests: unknown[] = [];
    const endpoint = await startPeer(t, async (request, response) => {
      requests.push([request.url, request.headers['content-type'], request.headers['x-key']]);
      await drain(request);
      response.end();
    });
    const telemetry = startTelemetry({
      service: 'things',
      mode: 'server',
      exporters: serverExporters,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b',
        OTEL_BSP_SCHEDULE_DELAY: '20',
      },
    });
    span('work', () => undefined);
    await eventually(() => requests.length > 0, 'an export');
    assert.deepEqual(requests, [['/v1/traces', type, 'a b']]);
    await telemetry.shutdown();
  });
}

test('an exporter that cannot be made is one warning, and the others work', async (t) => {
  const lines = captureLog(t);
  const telemetry = startTelemetry({
    service: 'things',
    mode: 'function',
    exporters: {
      ...functionExporters,
      broken: () => {
        throw new Error('no certificate');
      },
    },
    env: { OTEL_TRACES_EXPORTER: 'broken,console' },
  });
  assert.match(lines[0]?.message ?? '', /broken \(no certificate\)/);
  assert.equal(lines.length, 1);
  assert.deepEqual(
    telemetry.status().exporters.map(({ exporter }) => exporter),
    ['console'],
  );
  await telemetry.shutdown();
});

test('after the shutdown nothing of it is left, and another start is a new one', async (t) => {
  const first = start(t);
  await first.telemetry.shutdown();
  assert.equal(trace.getActiveSpan(), undefined);
  assert.equal(startSpan('late', {}).isRecording(), false);
  const second = start(t);
  span('work', () => undefined);
  await second.telemetry.flush();
  assert.deepEqual([first.exported.length, second.exported.length], [0, 1]);
});
