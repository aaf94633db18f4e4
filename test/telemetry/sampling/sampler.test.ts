import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Attributes, Context } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { fromTraceContext } from '../../../telemetry/carry/trace-context.ts';
import { undecided } from '../../../telemetry/carry/undecided.ts';
import { matches, type SamplingRule } from '../../../telemetry/sampling/rules.ts';
import type { Settings } from '../../../telemetry/settings/settings.ts';
import { startTelemetry } from '../../../telemetry/start.ts';
import { startSpan } from '../../../telemetry/tracer.ts';
import { growth } from '../../support/cpu.ts';
import { captureLog } from '../../support/log-lines.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const wanted = fromTraceContext({ traceparent });
const refused = fromTraceContext({ traceparent: traceparent.replace(/01$/, '00') });

function start(t: TestContext, env: NodeJS.ProcessEnv, settings: Settings = {}) {
  const lines = captureLog(t);
  const none = { OTEL_TRACES_EXPORTER: 'none', ...env };
  const telemetry = startTelemetry({ service: 'things', mode: 'function', exporters: {}, env: none, settings });
  t.after(() => telemetry.shutdown());
  return lines;
}

const aBeginning = (path: string) => ({ name: 'GET', attributes: { 'url.path': path } });
const begin = (attributes: Attributes = {}, parent: Context = ROOT_CONTEXT, name = 'GET /v1/videos') =>
  startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
const kept = (attributes: Attributes = {}, parent: Context = ROOT_CONTEXT, name?: string) =>
  (begin(attributes, parent, name).spanContext().traceFlags & 1) === 1;
/** How many of 2,000 traces are kept. */
const share = (attributes: Attributes = {}) =>
  Array.from({ length: 2000 }, () => kept(attributes)).filter(Boolean).length / 2000;
const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 0.05, `${actual}`);

const standard: Record<string, [root: boolean, below: boolean, belowRefused: boolean]> = {
  always_on: [true, true, true],
  always_off: [false, false, false],
  parentbased_always_on: [true, true, false],
  parentbased_always_off: [false, true, false],
};
for (const [name, expected] of Object.entries(standard)) {
  test(`${name} decides as the standard says, in any case`, (t) => {
    for (const spelled of [name, ` ${name.toUpperCase()} `]) {
      start(t, { OTEL_TRACES_SAMPLER: spelled });
      assert.deepEqual([kept(), kept({}, wanted), kept({}, refused)], expected);
    }
  });
}

test('ratios keep their share of the traces, parent-based ones what the parent decided', (t) => {
  start(t, { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.3' });
  near(share(), 0.3);
  start(t, { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.3' });
  near(share(), 0.3);
  assert.deepEqual([kept({}, wanted), kept({}, refused)], [true, false]);
  start(t, { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
  assert.equal(share(), 0);
});

test('everything is kept in development, one of ten in production, and production says so', (t) => {
  assert.deepEqual(
    [start(t, { OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=development' }), share()],
    [[], 1],
  );
  const lines = start(t, { ENVIRONMENT: 'production' });
  near(share(), 0.1);
  assert.equal(kept({}, wanted), true);
  assert.match(lines.at(-1)?.message ?? '', /parentbased_traceidratio, 0\.1 unless said/);
  start(t, { ENVIRONMENT: 'production', OTEL_TRACES_SAMPLER_ARG: '0.5' });
  near(share(), 0.5);
  start(t, { ENVIRONMENT: 'production', OTEL_TRACES_SAMPLER: 'always_on' });
  assert.equal(share(), 1);
});

const text =
  'expected_slow=true:1; route=/health*:0; route=/v1/videos&http.request.method=GET:0.2; name=process *:0; debug:1';
const inCode: SamplingRule[] = [
  { attributes: { expected_slow: 'true' }, ratio: 1 },
  { route: '/health*', ratio: 0 },
  { route: '/v1/videos', attributes: { 'http.request.method': 'GET' }, ratio: 0.2 },
  { name: 'process *', ratio: 0 },
  { attributes: { debug: true }, ratio: 1 },
];
for (const [form, env, settings] of [
  ['one variable', { TRACE_SAMPLING_RULES: text }, {}],
  ['code', {}, { samplingRules: inCode }],
] as const) {
  test(`rules from ${form} decide by route, name, attribute and ratio; the first that matches counts`, (t) => {
    const lines = start(t, { OTEL_TRACES_SAMPLER: 'always_on', ...env }, settings);
    assert.equal(kept({ 'url.path': '/health/ready' }), false);
    assert.equal(kept({ 'url.path': '/health/ready', expected_slow: true }), true);
    near(share({ 'http.route': '/v1/videos', 'http.request.method': 'GET' }), 0.2);
    assert.equal(share({ 'http.route': '/v1/videos', 'http.request.method': 'POST' }), 1);
    assert.equal(kept({}, ROOT_CONTEXT, 'process nedlia-validator'), false);
    assert.equal(kept({}, ROOT_CONTEXT, 'processed'), true);
    assert.deepEqual(lines, []);
    start(t, { OTEL_TRACES_SAMPLER: 'always_off', ...env }, settings);
    assert.deepEqual([kept({ debug: 1 }), kept({ debug: false }), kept()], [true, false, false]);
  });
}

/** Whether a span below one that begins with these attributes is kept. */
const fate = (attributes: Attributes) => kept({}, trace.setSpan(ROOT_CONTEXT, begin(attributes)), 'below');

test('what happens below a span shares its fate, also where the sampler alone would decide otherwise', (t) => {
  start(t, { OTEL_TRACES_SAMPLER: 'always_on', TRACE_SAMPLING_RULES: 'route=/health:0' });
  assert.deepEqual([fate({ 'url.path': '/health' }), fate({ 'url.path': '/v1' })], [false, true]);
  start(t, { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0', TRACE_SAMPLING_RULES: 'debug:1' });
  assert.deepEqual([fate({ debug: true }), fate({})], [true, false]);
});

test('where a parent’s decision counts only 0 and 1 overrule it', (t) => {
  const rules = 'route=/never:0; route=/always:1; route=/some:0.5';
  start(t, { OTEL_TRACES_SAMPLER: 'parentbased_always_on', TRACE_SAMPLING_RULES: rules });
  const at = (path: string, parent: Context) => kept({ 'url.path': path }, parent);
  assert.deepEqual([at('/never', wanted), at('/always', refused)], [false, true]);
  assert.deepEqual([at('/some', wanted), at('/some', refused)], [true, false]);
  near(share({ 'url.path': '/some' }), 0.5);
  // A foreign X-Ray `Sampled=0` is no decision: rules see a beginning.
  assert.equal(kept({ 'url.path': '/other' }, undecided(refused)), true);
});

test('a rule that cannot be read is one warning, and the others count', (t) => {
  const wrong = ['route=/a', 'route=/a:', ':1', '=x:1', 'route=:1', 'a:-1', 'a:1.1', 'a:x'];
  const lines = start(t, { TRACE_SAMPLING_RULES: [...wrong, 'route=/health:0'].join(';') });
  assert.equal(kept({ 'url.path': '/health' }), false);
  assert.equal(lines.length, wrong.length, lines.map(({ message }) => message).join('\n'));
  assert.ok(lines.every(({ level, message }) => level === 'warn' && message.includes('condition:ratio')));
});

test('a rule about errors says where errors that come later are kept', (t) => {
  const lines = start(t, { TRACE_SAMPLING_RULES: 'error:1; route=/v1/*:0.1' });
  assert.equal(kept({ error: true, 'url.path': '/v1/videos' }), true);
  assert.equal(lines.length, 1);
  assert.match(lines[0]?.message ?? '', /"error" sees what is known when a span starts.*tail sampling/);
});

test('the environment’s rules count before the program’s', (t) => {
  start(t, { TRACE_SAMPLING_RULES: 'debug:1' }, { sampler: 'always_off', samplingRules: [{ route: '/v1', ratio: 1 }] });
  assert.deepEqual([kept({ debug: true }), kept({ 'url.path': '/v1' })], [true, false]);
});

const like = (pattern: string, path: string) => matches({ route: pattern, ratio: 1 }, aBeginning(path));

test('a pattern is any text where its stars are, and nothing else in it has a meaning', () => {
  const yes = ['*', '**', '/a*', '*/a', '/a*c/*d', '/*', '/a', '/a.b+(c)*', '*\n*', 'ab*ba', '*a*a*', '/a**b'];
  const said = ['', '/x', '/abc', '/x/a', '/abc/xd', '/', '/a', '/a.b+(c)d', '/\n/', 'abba', 'xaxax', '/ab'];
  assert.deepEqual(
    yes.map((pattern, index) => like(pattern, said[index] ?? '')),
    yes.map(() => true),
  );
  const no = ['', '/a', '/a*', '*/a', 'aba*aba', '*a*a*', '/a*b*c', '/a.b', 'ab*ba'];
  const other = ['x', '/ab', 'x/a', '/ab', 'abaaab', 'xax', '/acb', '/aXb', 'aba'];
  assert.deepEqual(
    no.map((pattern, index) => like(pattern, other[index] ?? '')),
    no.map(() => false),
  );
});

test('no path of a caller’s takes a pattern any time, however many stars that has', () => {
  const rule = { route: `${'*a'.repeat(20)}*b`, ratio: 1 };
  const grown = growth((times) => {
    const path = `/${'a'.repeat(times * 100_000)}`;
    assert.equal(matches(rule, aBeginning(path)), false);
    assert.equal(matches(rule, aBeginning(`${path}b`)), true);
  });
  assert.ok(grown < 8, String(grown));
});

test('of a path 256 characters are searched for what is excluded', (t) => {
  start(t, { OTEL_TRACES_SAMPLER: 'always_on', TRACE_EXCLUDED_URLS: 'health' });
  const paths = [200, 300].map((before) => `/${'x'.repeat(before)}/health`);
  assert.deepEqual(
    paths.map((path) => kept({ 'url.path': path })),
    [false, true],
  );
});
