import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSilence } from '../support/black-hole.ts';
import { drain, nobody, startPeer } from '../support/peer.ts';
import { runWord } from '../support/word.ts';

const quick = ['--no-bundles', '--timeout', '0.8'];
/** For a backend that answers, also on a busy machine. */
const patient = ['--no-bundles', '--timeout', '20'];
const healthy = (t: Parameters<typeof startPeer>[0]) =>
  startPeer(t, (request, response) => void drain(request).then(() => response.end()));

test('with a backend that answers all is fine', async (t) => {
  const endpoint = await healthy(t);
  const { code, stdout, stderr } = await runWord('doctor', patient, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^ {2}✓ OTEL_EXPORTER_OTLP_ENDPOINT +http:\/\/127\.0\.0\.1:\d+ {2}\(environment\)$/m);
  assert.match(
    stdout,
    /^ {2}✓ otlp +http:\/\/127\.0\.0\.1:\d+\/v1\/traces {2}accepted in \d+ ms {2}trace [\da-f]{32}$/m,
  );
  assert.match(stdout, /^ {2}✓ event _trace, message attributes, .*HTTP X-Amzn-Trace-Id.*propagator tracecontext$/m);
  assert.match(stdout, /^ {2}· left out \(--no-bundles\)$/m);
  assert.match(stdout, /^ {2}✓ within 1 s of http:/m);
  assert.match(stdout, /^All fine\. \(\d+\.\d s\)$/m);
  assert.doesNotMatch(stdout, /\x1b/, 'no colour but on a terminal'); // oxlint-disable-line no-control-regex
});

test('what is wrong is said with cause and remedy, a line each, and the exit code says so', async (t) => {
  const { code, stdout } = await runWord('doctor', quick, {
    OTEL_TRACES_EXPORTER: 'otlp,zipkin',
    OTEL_EXPORTER_OTLP_ENDPOINT: await nobody(),
    OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${await startSilence(t)}/api/v2/spans`,
    OTEL_PROPAGATORS: 'tracecontext,smoke',
  });
  assert.equal(code, 1);
  assert.match(
    stdout,
    /✗ OTEL_PROPAGATORS .*\n +cause: {2}"smoke" is not a known name; it is left out \(allowed: .*\)\n +remedy: correct OTEL_PROPAGATORS/,
  );
  assert.match(
    stdout,
    /✗ otlp .*\n +cause: {2}nobody listens at .*ECONNREFUSED\)\n +remedy: start the backend, or correct OTEL_EXPORTER_OTLP_ENDPOINT$/m,
  );
  assert.match(
    stdout,
    /✗ zipkin .*\n +cause: {2}.* accepts the connection and never answers \(waited 0\.8 s\)\n +remedy: restart what hangs there/m,
  );
  assert.match(stdout, /^ {2}· nothing to compare with/m);
  assert.match(stdout, /^3 things are wrong: OTEL_PROPAGATORS, otlp, zipkin\./m);
});

test('what is wrong stands before what is set, and defaults at the end in short, or all of them when asked for', async () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: await nobody(),
    OTEL_TRACES_SAMPLER: 'often',
    OTEL_METRICS_EXPORTER: 'otlp',
  };
  const { stdout } = await runWord('doctor', quick, env);
  const order = [
    '✗ OTEL_TRACES_SAMPLER',
    '✓ OTEL_EXPORTER_OTLP_ENDPOINT',
    '! OTEL_METRICS_EXPORTER',
    'At their defaults',
  ];
  const places = order.map((text) => stdout.indexOf(text));
  assert.ok(!places.includes(-1), stdout);
  assert.deepEqual(
    places,
    places.toSorted((one, other) => one - other),
  );
  assert.match(stdout, /^ {2}· \d+ more, and \d+ that are not set and need not be: --all lists them$/m);
  assert.doesNotMatch(stdout, /OTEL_BSP_MAX_QUEUE_SIZE|OTEL_SPAN_LINK_COUNT_LIMIT|CX_TOKEN/);
  assert.match(stdout.trim(), /2 things are wrong: OTEL_TRACES_SAMPLER, otlp\. \(\d+\.\d s\)$/, 'the last word');

  const all = await runWord('doctor', [...quick, '--all'], env);
  assert.match(all.stdout, /OTEL_BSP_MAX_QUEUE_SIZE=2048[^]*Not set, and need not be[^]*CX_TOKEN/);
});

test('aliases and names nobody reads are told, and are nothing wrong', async (t) => {
  const { code, stdout } = await runWord('doctor', patient, {
    OTLP_ENDPOINT: await healthy(t),
    OTEL_METRICS_EXPORTER: 'otlp',
    TRACE_EDGE: 'link',
  });
  assert.equal(code, 0, stdout);
  assert.doesNotMatch(stdout, /TRACE_EDGE/, 'the API reads it');
  assert.match(stdout, /! OTLP_ENDPOINT {2}is an alias, read as OTEL_EXPORTER_OTLP_ENDPOINT=/);
  assert.match(stdout, /! OTEL_METRICS_EXPORTER {2}is read by nothing here$/m);
});

test('a name that is nearly one of ours is wrong, though the default answers in its place', async (t) => {
  const { code, stdout } = await runWord('doctor', patient, {
    OTEL_EXPORTER_OTLP_ENDPOINT: await healthy(t),
    OTEL_TRACE_EXPORTER: 'zipkin',
  });
  assert.equal(code, 1);
  assert.match(stdout, /✗ OTEL_TRACE_EXPORTER {2}is read by nothing here: did you mean OTEL_TRACES_EXPORTER\?/);
  assert.match(stdout, /^One thing is wrong: OTEL_TRACE_EXPORTER\./m);
});

test('a clock that is off is told, because it spoils what is seen', async (t) => {
  const endpoint = await startPeer(t, (request, response) => {
    const date = new Date(Date.now() - 90_000).toUTCString();
    void drain(request).then(() => response.writeHead(200, { date }).end());
  });
  const { code, stdout } = await runWord('doctor', patient, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  assert.equal(code, 1);
  assert.match(stdout, /cause: {2}this clock is (?:8[5-9]|90)\.\d s ahead of the backend's\n +remedy: synchronise it/);
});

test('nothing is exported where that was asked for, and that is nothing wrong', async () => {
  const none = await runWord('doctor', quick, { OTEL_TRACES_EXPORTER: 'none' });
  assert.equal(none.code, 0);
  assert.match(none.stdout, /! OTEL_TRACES_EXPORTER=none: no span leaves this machine/);
  const disabled = await runWord('doctor', quick, { OTEL_SDK_DISABLED: 'true' });
  assert.equal(disabled.code, 0);
  assert.match(disabled.stdout, /! telemetry is switched off/);
});

test('an exporter that cannot be made is wrong, with what it lacks', async () => {
  const { code, stdout } = await runWord('doctor', quick, { OTEL_TRACES_EXPORTER: 'coralogix', CX_DOMAIN: 'eu2' });
  assert.equal(code, 1);
  assert.match(stdout, /cause: {2}cannot make the exporter coralogix \(CX_TOKEN is not set\); it is left out/);
});

test('as JSON it is one object on standard output, progress is elsewhere, and no secret is in either', async (t) => {
  const endpoint = (await healthy(t)).replace('//', '//user:canary@');
  const { code, stdout, stderr } = await runWord('doctor', [...quick, '--json'], {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint}?key=canary`,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20canary',
    CX_TOKEN: 'canary',
    DATABASE_URL: 'postgres://nedlia:canary@db/nedlia',
  });
  assert.doesNotMatch(stdout + stderr, /canary/);
  assert.match(stderr, /^… a span to otlp$/m);
  const report = JSON.parse(stdout) as Record<string, unknown> & { settings: { name: string }[]; backends: object[] };
  assert.deepEqual(Object.keys(report), [
    'healthy',
    'wrong',
    'service',
    'enabled',
    'settings',
    'other_names',
    'backends',
    'propagation',
    'bundles',
    'clock',
    'took_ms',
  ]);
  assert.equal(report['healthy'], code === 0);
  assert.deepEqual(
    report.settings.find(({ name }) => name === 'OTEL_EXPORTER_OTLP_HEADERS'),
    {
      name: 'OTEL_EXPORTER_OTLP_HEADERS',
      value: 'authorization=***',
      origin: 'environment',
      used: true,
      problems: [],
      notes: [],
    },
  );
  assert.deepEqual(Object.keys(report.backends[0] ?? {}).slice(0, 5), [
    'exporter',
    'target',
    'state',
    'took_ms',
    'trace_id',
  ]);
});

test('bundles of a folder that has none are named', async (t) => {
  const args = ['--timeout', '20', '--dist', 'no-such-folder'];
  const { code, stdout } = await runWord('doctor', args, { OTEL_EXPORTER_OTLP_ENDPOINT: await healthy(t) });
  assert.equal(code, 1);
  assert.match(
    stdout,
    /✗ api\n +cause: {2}there is no no-such-folder\/api\/index\.cjs\n +remedy: run "npm run build -- --outdir no-such-folder"/,
  );
});

for (const [what, args] of [
  ['an option nobody knows', ['--fast']],
  ['a time nobody can wait', ['--timeout', 'soon']],
] as const) {
  test(`${what} is wrong use`, async () => {
    const { code, stderr } = await runWord('doctor', [...args]);
    assert.equal(code, 64);
    assert.match(stderr, /npm run doctor \[-- options\]/);
  });
}

test('help says what it does and how it ends', async () => {
  const { code, stdout } = await runWord('doctor', ['--help']);
  assert.equal(code, 0);
  assert.match(stdout, /Exit codes: 0 all fine · 1 something is wrong · 64 called wrongly/);
});
