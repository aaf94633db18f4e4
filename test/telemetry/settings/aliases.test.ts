import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveAliases } from '../../../telemetry/settings/aliases.ts';
import { captureLog } from '../../support/log-lines.ts';

type Words = Record<string, string | undefined>;

/** The seeds' own words, and the standard's for the same. */
const meant: [said: Words, standard: Words][] = [
  [{ OTEL_ENABLED: 'true' }, { OTEL_SDK_DISABLED: 'false' }],
  [{ OTEL_ENABLED: 'False' }, { OTEL_SDK_DISABLED: 'true' }],
  [{ OTEL_BACKEND: 'console' }, { OTEL_TRACES_EXPORTER: 'console' }],
  [{ OTEL_EXPORTER_ENDPOINT: 'http://c:4318' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }],
  [{ OTEL_EXPORTER_ENDPOINT: 'http://c/v1/traces' }, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/v1/traces' }],
  [{ OTLP_ENDPOINT: 'http://c:4318' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }],
  [{ OTEL_SAMPLING_RATE: '0.1' }, { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' }],
  [{ SERVICE_NAME: 'shop' }, { OTEL_SERVICE_NAME: 'shop' }],
  [{ SERVICE_VERSION: '1.2' }, { OTEL_RESOURCE_ATTRIBUTES: 'service.version=1.2' }],
  [{ OTEL_SERVICE_VERSION: '1,2' }, { OTEL_RESOURCE_ATTRIBUTES: 'service.version=1%2C2' }],
  [{ ENVIRONMENT: 'production' }, { OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=production' }],
  [{ OTEL_PYTHON_FASTAPI_EXCLUDED_URLS: 'health,metrics' }, { TRACE_EXCLUDED_URLS: 'health,metrics' }],
];

for (const [said, standard] of meant) {
  const [[name, value] = []] = Object.entries(said);
  test(`${name}=${value} is read as ${Object.keys(standard).join(' and ')}, and one line says so`, (t) => {
    const lines = captureLog(t);
    assert.deepEqual(resolveAliases(said), { ...said, ...standard });
    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.level, 'info');
    for (const word of [name, ...Object.keys(standard)]) assert.ok(lines[0]?.message.includes(String(word)));
  });

  test(`where the standard's name is set too, ${name} says nothing, and one line says so`, (t) => {
    const lines = captureLog(t);
    const kept = Object.fromEntries(
      Object.entries(standard).map(([variable, text]) => [variable, String(text).replace(/[^=]+$/, 'other')]),
    );
    const resolved = resolveAliases({ ...said, ...kept });
    assert.deepEqual(resolved, { ...said, ...kept });
    assert.equal(lines.length, 1);
    assert.match(lines[0]?.message ?? '', new RegExp(`^${name} is ignored: .* is the standard's name`));
  });
}

test('an address belongs to the backend that is named', () => {
  const endpoint = 'http://b:9411/api/v2/spans';
  const resolved = resolveAliases({ OTEL_BACKEND: 'zipkin', OTEL_EXPORTER_ENDPOINT: endpoint });
  assert.equal(resolved['OTEL_EXPORTER_ZIPKIN_ENDPOINT'], endpoint);
});

test('attributes said by aliases join those that are there', () => {
  const resolved = resolveAliases({
    OTEL_RESOURCE_ATTRIBUTES: 'team=a',
    SERVICE_VERSION: '1',
    ENVIRONMENT: 'staging',
    OTEL_SERVICE_VERSION: '2',
  });
  assert.equal(resolved['OTEL_RESOURCE_ATTRIBUTES'], 'team=a,service.version=2,deployment.environment.name=staging');
});

for (const [name, value, allowed] of [
  ['OTEL_ENABLED', 'maybe', /OTEL_ENABLED must be true or false/],
  ['OTEL_SAMPLING_RATE', '7', /OTEL_SAMPLING_RATE must be a number from 0 to 1/],
] as const) {
  test(`a wrong ${name} is one warning with what is allowed, and is not passed on`, (t) => {
    const lines = captureLog(t);
    assert.deepEqual(resolveAliases({ [name]: value }), { [name]: value });
    assert.deepEqual([lines.length, lines[0]?.level], [1, 'warn']);
    assert.match(lines[0]?.message ?? '', allowed);
  });
}

test('without aliases there is not a word, and an empty one is none', (t) => {
  const lines = captureLog(t);
  const env = { OTEL_TRACES_EXPORTER: 'xray', SERVICE_NAME: ' ', OTEL_ENABLED: '' };
  assert.deepEqual(resolveAliases(env), env);
  assert.deepEqual(lines, []);
});

test('an address with credentials is not written to the log as it is', (t) => {
  const lines = captureLog(t);
  resolveAliases({ OTLP_ENDPOINT: 'https://me:secret@c:4318' });
  assert.ok(!JSON.stringify(lines).includes('secret'));
});
