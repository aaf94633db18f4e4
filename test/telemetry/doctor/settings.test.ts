import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readEffectiveSettings } from '../../../telemetry/doctor/settings.ts';
import { serverExporters } from '../../../telemetry/export/server-exporters.ts';
import type { Settings } from '../../../telemetry/settings/settings.ts';
import { ALIASES } from '../../../telemetry/settings/aliases.ts';
import { KNOWN } from '../../../telemetry/settings/known.ts';
import { readFlag, watchReaders } from '../../../telemetry/settings/variables.ts';
import { captureLog } from '../../support/log-lines.ts';

const root = join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

function settingsOf(t: TestContext, env: Record<string, string>, settings: Settings = {}) {
  captureLog(t);
  const about = {
    env,
    elsewhere: ['TRACE_EDGE'],
    factories: serverExporters,
    service: 'things',
    settings,
    timeoutMillis: 2000,
  };
  const effective = readEffectiveSettings(about);
  const of = (name: string) => effective.variables.find((one) => one.name === name) ?? assert.fail(name);
  return { ...effective, of };
}

test('every variable is told with its default where nothing is said', (t) => {
  const { variables, of } = settingsOf(t, {});
  assert.deepEqual(
    variables.filter(({ origin, problems }) => origin !== 'default' || problems.length > 0),
    [],
  );
  assert.equal(of('OTEL_PROPAGATORS').value, 'tracecontext,baggage');
  assert.equal(of('OTEL_EXPORTER_OTLP_ENDPOINT').value, 'http://localhost:4318');
  assert.equal(of('CX_TOKEN').used, false);
});

test('the origin is named: the environment, an alias, the program, both', (t) => {
  const env = {
    OTEL_LOG_LEVEL: 'INFO',
    OTEL_SAMPLING_RATE: '0.5',
    OTEL_RESOURCE_ATTRIBUTES: 'team=x',
    ENVIRONMENT: 'staging',
    SERVICE_VERSION: '2',
  };
  const { of, others, service } = settingsOf(t, env, { propagators: ['b3'], serviceName: 'shop' });
  const told = ['OTEL_LOG_LEVEL', 'OTEL_TRACES_SAMPLER_ARG', 'OTEL_PROPAGATORS', 'OTEL_RESOURCE_ATTRIBUTES'].map(
    (name) => {
      const { value, origin } = of(name);
      return [value, origin];
    },
  );
  assert.deepEqual(told, [
    ['info', 'environment'],
    ['0.5', 'alias OTEL_SAMPLING_RATE'],
    ['b3', 'program'],
    ['team=x,service.version=2,deployment.environment.name=staging', 'environment and alias ENVIRONMENT'],
  ]);
  assert.equal(service, 'shop');
  assert.deepEqual(
    others.map(({ name, wrong }) => [name, wrong]),
    [
      ['OTEL_SAMPLING_RATE', false],
      ['SERVICE_VERSION', false],
      ['ENVIRONMENT', false],
    ],
  );
});

test('a wrong value is told with what is allowed, and the default is what counts', (t) => {
  const { of } = settingsOf(t, {
    OTEL_PROPAGATORS: 'smoke',
    OTEL_TRACES_SAMPLER: 'xray',
    OTEL_BSP_MAX_QUEUE_SIZE: '0',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
  });
  const { value, origin, problems } = of('OTEL_PROPAGATORS');
  assert.deepEqual([value, origin], ['tracecontext,baggage', 'default']);
  assert.match(problems[0] ?? '', /"smoke" is not a known name; using .*allowed: tracecontext, baggage, b3/);
  for (const [name, otherwise] of [
    ['OTEL_TRACES_SAMPLER', 'parentbased_always_on'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '2048'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://localhost:4318'],
  ] as const) {
    assert.deepEqual([of(name).value, of(name).origin, of(name).problems.length], [otherwise, 'default', 1], name);
  }
});

test('a name that is nearly an allowed one is told with the one that was meant, another word is not', (t) => {
  const problemsOf = (env: Record<string, string>, name: string) => settingsOf(t, env).of(name).problems.join();
  const exporters = (value: string) => problemsOf({ OTEL_TRACES_EXPORTER: value }, 'OTEL_TRACES_EXPORTER');
  assert.match(exporters('otpl'), /"otpl" is not a known name; using otlp \(allowed: .*\): did you mean otlp\?$/);
  assert.match(exporters('otlp,zipkn'), /did you mean zipkin\?$/);
  for (const word of ['foo', 'datadog', 'x']) assert.doesNotMatch(exporters(word), /did you mean/, word);
  assert.match(problemsOf({ OTEL_PROPAGATORS: 'tracecontex' }, 'OTEL_PROPAGATORS'), /did you mean tracecontext\?$/);
});

test('one wrong name of several costs only itself', (t) => {
  const { value, origin, problems } = settingsOf(t, { OTEL_PROPAGATORS: 'B3, smoke' }).of('OTEL_PROPAGATORS');
  assert.deepEqual([value, origin, problems.length], ['b3', 'environment', 1]);
});

test('what is sent counts: where X-Ray is signed for, gRPC that was asked for is refused', (t) => {
  const { of, exporters } = settingsOf(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://xray.eu-central-1.amazonaws.com',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  });
  const { value, origin, problems } = of('OTEL_EXPORTER_OTLP_PROTOCOL');
  assert.deepEqual([value, origin, problems.length], ['http/protobuf', 'default', 1]);
  assert.deepEqual(
    exporters.map(({ name, protocol }) => [name, protocol]),
    [['otlp', 'http/protobuf']],
  );
});

test('a warning says by itself whether the value counts, whatever its words', (t) => {
  const { of } = settingsOf(t, {
    OTEL_TRACES_EXPORTER: 'jaeger',
    OTEL_EXPORTER_JAEGER_ENDPOINT: 'http://jaeger:14268/api/traces',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'collector',
    AWS_XRAY_DAEMON_ADDRESS: 'nowhere',
  });
  for (const [name, value] of [
    ['OTEL_EXPORTER_JAEGER_ENDPOINT', 'http://jaeger:14268/api/traces'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4317'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', undefined],
  ] as const)
    assert.deepEqual([of(name).value, of(name).problems.length], [value, 1], name);
});

test('one who watches the readers below another leaves the other watching', () => {
  const heard: string[] = [];
  watchReaders(
    ({ variable }) => heard.push(variable),
    () => {
      watchReaders(
        () => undefined,
        () => readFlag({ A: 'true' }, 'A'),
      );
      readFlag({ B: 'true' }, 'B');
    },
  );
  assert.deepEqual(heard, ['B']);
});

test('in production the sampler that counts is told', (t) => {
  const { value, origin, notes } = settingsOf(t, { ENVIRONMENT: 'production' }).of('OTEL_TRACES_SAMPLER');
  assert.deepEqual([value, origin, notes.length], ['parentbased_traceidratio', 'default', 1]);
});

test('a sampler that keeps nothing is worth a note', (t) => {
  const notesOf = (env: Record<string, string>) => settingsOf(t, env).of('OTEL_TRACES_SAMPLER').notes;
  assert.match(notesOf({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' })[0] ?? '', /keeps no trace that begins here/);
  assert.equal(notesOf({ OTEL_SAMPLING_RATE: '0' }).length, 1);
  assert.deepEqual(notesOf({ OTEL_TRACES_SAMPLER: 'traceidratio' }), []);
});

test('a name nobody reads is told; one that is nearly ours is wrong, with the one that was meant', (t) => {
  const { others } = settingsOf(t, {
    OTEL_TRACE_EXPORTER: 'zipkin',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_BLRP_SCHEDULE_DELAY: '5000',
    TRACE_EDGE: 'link',
  });
  assert.deepEqual(
    others.map(({ name, note, wrong }) => `${wrong ? 'wrong' : 'fine'}: ${name} ${note}`),
    [
      'wrong: OTEL_TRACE_EXPORTER is read by nothing here: did you mean OTEL_TRACES_EXPORTER?',
      'fine: OTEL_METRICS_EXPORTER is read by nothing here',
      'fine: OTEL_BLRP_SCHEDULE_DELAY is read by nothing here',
    ],
  );
});

test('no secret is told: headers, tokens, credentials and queries of addresses, secret attributes', (t) => {
  const { variables, others } = settingsOf(t, {
    OTEL_TRACES_EXPORTER: 'otlp,coralogix,zipkin',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:canary@collector:4318/?key=canary',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20canary,x-team=canary',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'canary',
    OTEL_RESOURCE_ATTRIBUTES: 'team=x,api_key=canary',
    CX_TOKEN: 'canary',
    CX_DOMAIN: 'eu2',
    OTEL_EXPORTER_ENDPOINT: 'https://canary:canary@elsewhere',
    OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://zipkin/?k=canary',
  });
  assert.doesNotMatch(JSON.stringify([variables, others]), /canary/);
  assert.match(JSON.stringify(variables), /authorization=\*\*\*,x-team=\*\*\*/);
});

/** Names as telemetry's code and docs write them, whole. */
const NAME = /\b(?:OTEL|OTLP|CX|TRACE|LOG|AWS_XRAY|SERVICE|ENVIRONMENT)[A-Z_]*\b/g;

test('the doctor, the documentation and the readers know the same variables', () => {
  const listed = new Set([...KNOWN.map(({ name }) => name), ...ALIASES]);
  const text = read('docs/telemetry.md');
  const documented = new Set(text.match(NAME));
  // OTLP's are documented as endings: `_HEADERS` for OTEL_EXPORTER_OTLP_HEADERS and …_TRACES_HEADERS.
  const endings = new Set([...text.matchAll(/`(_[A-Z_]+)`/g)].map(([, ending = '']) => ending));
  for (const name of listed) {
    const ending = name.replace(/^OTEL_EXPORTER_OTLP(?:_TRACES)?/, '');
    const general = name.replace('OTLP_TRACES_', 'OTLP_');
    assert.ok(documented.has(general) || endings.has(ending), `${name} is not in docs/telemetry.md`);
  }
  const sources = globSync('telemetry/**/*.ts', { cwd: root }).filter((file) => !file.includes('/doctor/'));
  const readers = sources.flatMap((file) => [
    ...read(file).matchAll(/'((?:OTEL|OTLP|CX|TRACE|AWS_XRAY)_[A-Z_]+|LOG_LEVEL|SERVICE_[A-Z]+|ENVIRONMENT)'/g),
  ]);
  for (const [, name = ''] of readers)
    assert.ok(listed.has(name), `${name} is read, and not in telemetry/settings/known.ts`);
  for (const name of documented) {
    if (!/^(?:OTEL|OTLP|CX|AWS_XRAY)_|^TRACE_(?!EDGE)|^LOG_LEVEL$/.test(name) || name.endsWith('_')) continue;
    assert.ok(listed.has(name), `${name} is documented, and not in telemetry/settings/known.ts`);
  }
});
