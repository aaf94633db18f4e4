import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { readExport } from '../../../local/collector/otlp.ts';
import { checkBackends, type BackendCheck } from '../../../telemetry/doctor/backend.ts';
import { diagnose } from '../../../telemetry/doctor/cause.ts';
import { readEffectiveSettings } from '../../../telemetry/doctor/settings.ts';
import { serverExporters } from '../../../telemetry/export/server-exporters.ts';
import { startSilence, startUnroutable } from '../../support/black-hole.ts';
import { startGrpcPeer } from '../../support/grpc-peer.ts';
import { captureLog } from '../../support/log-lines.ts';
import { drain, nobody, startPeer } from '../../support/peer.ts';
import { startTlsPeer } from '../../support/tls-peer.ts';
import { noDaemon, startXRayDaemon } from '../../support/xray-daemon.ts';

/** For each export: what a backend that is there may need on a busy machine, and as long as one that is silent is waited for. */
const [PATIENT, SHORT] = [20_000, 800];

/** Checks what an environment names. */
async function check(
  t: TestContext,
  env: Record<string, string>,
  timeoutMillis: number = PATIENT,
): Promise<BackendCheck[]> {
  captureLog(t);
  return checkBackends(readEffectiveSettings({ env, factories: serverExporters, service: 'things', timeoutMillis }));
}

async function one(t: TestContext, env: Record<string, string>, timeoutMillis: number = SHORT): Promise<BackendCheck> {
  const began = performance.now();
  const [found, ...more] = await check(t, env, timeoutMillis);
  assert.ok(found && more.length === 0);
  assert.ok(performance.now() - began < timeoutMillis + 10_000, 'within a bounded time');
  return found;
}

const at = (endpoint: string, more: Record<string, string> = {}) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  ...more,
});
const grpc = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };

for (const protocol of ['http/protobuf', 'http/json']) {
  test(`the test span gets through by ${protocol}, under the trace id that is told, and the peer's clock is noted`, async (t) => {
    const bodies: [string, Buffer][] = [];
    const endpoint = await startPeer(t, async (request, response) => {
      const body = await drain(request);
      if (request.method === 'POST') bodies.push([request.headers['content-type'] ?? '', body]);
      response.writeHead(request.method === 'POST' ? 200 : 405, { 'content-type': 'application/json' }).end('{}');
    });
    const found = await one(
      t,
      at(endpoint, { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_TRACES_SAMPLER: 'always_off' }),
      PATIENT,
    );
    assert.deepEqual([found.state, found.diagnosis, found.target], ['accepted', undefined, `${endpoint}/v1/traces`]);
    assert.ok(Math.abs((found.date?.theirs ?? 0) - Date.now()) < 5000);
    const spans = bodies.flatMap(([type, body]) => readExport(type, body));
    assert.deepEqual(
      spans.map(({ name, traceId, service }) => [name, traceId, service]),
      [['nedlia doctor', found.traceId, 'things']],
    );
  });
}

test('the test span gets through by gRPC', async (t) => {
  const peer = await startGrpcPeer(t);
  const found = await one(t, at(peer.endpoint, grpc), PATIENT);
  assert.deepEqual([found.state, peer.spans.map(({ traceId }) => traceId)], ['accepted', [found.traceId]]);
});

test('an endpoint that refuses: nobody listens', async (t) => {
  const endpoint = await nobody();
  for (const more of [{}, grpc]) {
    const found = await one(t, at(endpoint, more));
    assert.equal(found.state, 'failed');
    assert.equal(found.diagnosis?.cause, `nobody listens at ${new URL(endpoint).host} (ECONNREFUSED)`);
    assert.match(found.diagnosis?.remedy ?? '', /start the backend, or correct OTEL_EXPORTER_OTLP_ENDPOINT/);
  }
});

test('nobody at the default where nothing names a backend is nothing wrong: what to set is told', async (t) => {
  captureLog(t);
  const asked = { factories: serverExporters, service: 'things', timeoutMillis: SHORT };
  const settings = readEffectiveSettings({ env: at(await nobody()), ...asked });
  const [found] = await checkBackends({ ...settings, named: false });
  assert.deepEqual([found?.state, found?.diagnosis], ['absent', undefined]);
  assert.match(found?.note ?? '', /nothing names a backend.*set OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_TRACES_EXPORTER/);
  const silent = readEffectiveSettings({ env: at(await startSilence(t)), ...asked });
  const [other] = await checkBackends({ ...silent, named: false });
  assert.equal(other?.state, 'failed', 'somebody is there, and it does not work');
});

test('a black hole that accepts: it never answers', async (t) => {
  const endpoint = await startSilence(t);
  for (const more of [{}, grpc, { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_ZIPKIN_ENDPOINT: endpoint }]) {
    const found = await one(t, at(endpoint, more));
    assert.match(
      found.diagnosis?.cause ?? '',
      /accepts the connection and never answers \(waited 0\.8 s\)$/,
      JSON.stringify(more),
    );
    assert.match(found.diagnosis?.remedy ?? '', /restart what hangs there/);
  }
});

test('a black hole that swallows packets: there is no connection; where the system refuses or accepts in its place, that is told', async (t) => {
  const { endpoint, does } = await startUnroutable(t);
  const found = await one(t, at(endpoint));
  const [cause, remedy] = {
    drop: [/^no connection to 127\.0\.0\.1:\d+ within 0\.8 s: nobody answers, nobody refuses$/, /firewall/],
    refuse: [/^nobody listens at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/, /start the backend/],
    accept: [/^127\.0\.0\.1:\d+ accepts the connection and never answers/, /restart what hangs there/],
  }[does] as [RegExp, RegExp];
  assert.match(found.diagnosis?.cause ?? '', cause);
  assert.match(found.diagnosis?.remedy ?? '', remedy);
});

test('HTTP sent to a gRPC port: wrong protocol', async (t) => {
  const { endpoint } = await startGrpcPeer(t);
  const found = await one(t, at(endpoint));
  assert.match(found.diagnosis?.cause ?? '', /^wrong protocol: .* speaks gRPC \(HTTP\/2\), and HTTP\/1\.1 was sent$/);
  assert.match(found.diagnosis?.remedy ?? '', /OTEL_EXPORTER_OTLP_PROTOCOL=grpc/);
});

test('gRPC sent to an HTTP port: wrong protocol', async (t) => {
  const endpoint = await startPeer(t, (_request, response) => response.end());
  const found = await one(t, at(endpoint, grpc));
  assert.match(found.diagnosis?.cause ?? '', /^wrong protocol: .* speaks HTTP\/1\.1, and gRPC was sent$/);
  assert.match(found.diagnosis?.remedy ?? '', /OTEL_EXPORTER_OTLP_PROTOCOL=http\/protobuf/);
});

test('TLS expected where none is spoken is named so', async (t) => {
  const endpoint = await startPeer(t, (_request, response) => response.end());
  const found = await one(t, at(endpoint.replace('http:', 'https:')));
  assert.match(found.diagnosis?.cause ?? '', /does not speak TLS/);
  assert.match(found.diagnosis?.remedy ?? '', /say http:\/\//);
});

test('a port that speaks TLS is told from one that does not, a certificate nobody knows from one that is named', async (t) => {
  const { endpoint, certificate: OTEL_EXPORTER_OTLP_CERTIFICATE } = await startTlsPeer(t);
  const unknown = await one(t, at(endpoint));
  assert.match(unknown.diagnosis?.cause ?? '', /^its certificate is not trusted: self-signed certificate/);
  assert.match(unknown.diagnosis?.remedy ?? '', /OTEL_EXPORTER_OTLP_CERTIFICATE/);
  assert.equal((await one(t, at(endpoint, { OTEL_EXPORTER_OTLP_CERTIFICATE }), PATIENT)).state, 'accepted');
  for (const more of [{}, grpc]) {
    const cleartext = await one(t, at(endpoint.replace('https:', 'http:'), more));
    assert.match(cleartext.diagnosis?.cause ?? '', /speaks TLS, and http:\/\/ was used$/);
  }
  const other = await one(t, at(endpoint, { ...grpc, OTEL_EXPORTER_OTLP_CERTIFICATE }));
  assert.match(other.diagnosis?.cause ?? '', /^wrong protocol: .* speaks HTTP\/1\.1, and gRPC was sent$/);
});

for (const status of [401, 403]) {
  test(`${status}: it refuses our credentials, and the answer is told without ours`, async (t) => {
    const endpoint = await startPeer(t, (request, response) => {
      void drain(request).then(() => response.writeHead(status).end(`no: ${request.headers['authorization']}`));
    });
    const secret = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20canary' };
    const otlp = await one(t, at(endpoint, secret));
    assert.match(otlp.diagnosis?.cause ?? '', new RegExp(`^it refuses our credentials: answered ${status}`));
    assert.match(otlp.diagnosis?.remedy ?? '', /OTEL_EXPORTER_OTLP_HEADERS/);
    const coralogix = await one(t, {
      OTEL_TRACES_EXPORTER: 'coralogix',
      CX_ENDPOINT: endpoint,
      CX_TOKEN: 'cxtp_canary',
    });
    assert.match(coralogix.diagnosis?.remedy ?? '', /set CX_TOKEN/);
    assert.doesNotMatch(JSON.stringify([otlp, coralogix]), /canary/);
  });
}

test('a signed endpoint without credentials: there are none', async (t) => {
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, {
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  // A real peer in X-Ray's place: the request would arrive if it could be signed.
  let posts = 0;
  const peer = await startPeer(t, (request, response) => {
    if (request.method === 'POST') posts += 1;
    response.end();
  });
  const dns = (await import('node:dns')).default;
  t.mock.method(dns, 'lookup', (_host: string, { all }: { all?: boolean }, done: (...answer: unknown[]) => void) =>
    all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
  );
  const endpoint = `http://xray.eu-central-1.amazonaws.com:${new URL(peer).port}/v1/traces`;
  const found = await one(t, at(endpoint));
  assert.match(found.diagnosis?.cause ?? '', /^there are no AWS credentials to sign with/);
  assert.match(found.diagnosis?.remedy ?? '', /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE/);
  assert.equal(posts, 0);

  // Asked to speak gRPC there, the exporter that is made sends what is signed, and that is what counts.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' });
  const signed = await one(t, at(endpoint, grpc), PATIENT);
  assert.deepEqual([signed.state, signed.diagnosis], ['accepted', undefined]);
  assert.doesNotMatch(signed.note ?? '', /carry/);
});

test('a path that is none, and a backend that is overloaded, are named so', async (t) => {
  const answering = (status: number) =>
    startPeer(t, (request, response) => void drain(request).then(() => response.writeHead(status).end()));
  const missing = await one(t, at(await answering(404)));
  assert.match(missing.diagnosis?.cause ?? '', /^it has nothing at \/v1\/traces/);
  const busy = await one(t, at(await answering(503)));
  assert.match(busy.diagnosis?.cause ?? '', /^it cannot take it now/);
});

test('a path that stands in the address twice is worth a note, though somebody takes it', async (t) => {
  const endpoint = await startPeer(t, (request, response) => void drain(request).then(() => response.end()));
  const doubled = await one(t, at(`${endpoint}/v1/traces`), PATIENT);
  assert.equal(doubled.state, 'accepted');
  assert.match(doubled.note ?? '', /twice: OTEL_EXPORTER_OTLP_ENDPOINT is a base that gets \/v1\/traces added/);
  const whole = await one(t, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/v1/traces` }, PATIENT);
  assert.doesNotMatch(whole.note ?? '', /twice/);
});

test('a backend too slow for a function, and an exporter functions do not carry, are worth a note', async (t) => {
  const slow = await startPeer(t, (request, response) => {
    void drain(request).then(() => setTimeout(() => response.end(), 550));
  });
  assert.match((await one(t, at(slow), PATIENT)).note ?? '', /^slower than the 500 ms a function waits/);
  const { endpoint } = await startGrpcPeer(t);
  assert.match((await one(t, at(endpoint, grpc), PATIENT)).note ?? '', /functions do not carry it/);
});

test('a datagram to the daemon is only said to have left; where nobody listens that is said', async (t) => {
  const daemon = await startXRayDaemon(t);
  const sent = await one(t, { OTEL_TRACES_EXPORTER: 'xray', AWS_XRAY_DAEMON_ADDRESS: daemon.address });
  assert.deepEqual([sent.state, (await daemon.until(1))[0]?.traceId], ['sent', sent.traceId]);
  assert.match(sent.note ?? '', /a datagram is not answered/);
  const lost = await one(t, { OTEL_TRACES_EXPORTER: 'xray', AWS_XRAY_DAEMON_ADDRESS: await noDaemon() });
  assert.match(
    lost.diagnosis?.cause ?? '',
    /the X-Ray daemon is not heard at udp:\/\/127\.0\.0\.1:\d+ \(.*ECONNREFUSED/,
  );
});

test('several backends are checked at once, the console is skipped, and credentials in an address are not told', async (t) => {
  const endpoint = await startPeer(t, (request, response) => void drain(request).then(() => response.end()));
  const found = await check(t, {
    ...at(endpoint.replace('//', '//user:canary@')),
    OTEL_TRACES_EXPORTER: 'otlp,console,zipkin',
    OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${endpoint}/api/v2/spans?key=canary`,
  });
  assert.deepEqual(found.map(({ exporter, state }) => `${exporter} ${state}`).sort(), [
    'console skipped',
    'otlp accepted',
    'zipkin accepted',
  ]);
  assert.doesNotMatch(JSON.stringify(found), /canary/);
});

test('an exporter a program brings itself is diagnosed as well, with no variable to name', () => {
  const failed = {
    exporter: 'own',
    target: 'http://own:1',
    isGrpc: false,
    failure: new Error('no answer within 10 ms'),
    timeoutMillis: 10,
  };
  const looks = [
    { at: 'answer', speaks: 'tls' },
    { at: 'answer', speaks: 'nothing' },
    { at: 'connection', code: 'timeout' },
  ] as const;
  for (const reach of looks) assert.match(diagnose({ ...failed, reach }).remedy, /its address$/);
});
