import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { trace } from '@opentelemetry/api';
import { startCollector } from '../../../../local/collector/collector.ts';
import { readExport, type ReceivedSpan } from '../../../../local/collector/otlp.ts';
import { functionExporters } from '../../../../telemetry/export/function-exporters.ts';
import { readJaegerUrl } from '../../../../telemetry/export/otlp/jaeger.ts';
import { otlpUrl, readOtlp } from '../../../../telemetry/export/otlp/otlp.ts';
import { serverExporters } from '../../../../telemetry/export/server-exporters.ts';
import { span } from '../../../../telemetry/span.ts';
import { startTelemetry } from '../../../../telemetry/start.ts';
import { startGrpcPeer } from '../../../support/grpc-peer.ts';
import { captureLog } from '../../../support/log-lines.ts';
import { drain, startPeer } from '../../../support/peer.ts';
import { startTlsPeer } from '../../../support/tls-peer.ts';
import { assertSample, recordSample, SAMPLE_RESOURCE } from '../../../support/sample-trace.ts';

function start(t: TestContext, env: NodeJS.ProcessEnv, mode: 'function' | 'server' = 'server') {
  const lines = captureLog(t);
  const exporters = mode === 'server' ? serverExporters : functionExporters;
  const telemetry = startTelemetry({ service: 'things', mode, exporters, env: { ...SAMPLE_RESOURCE, ...env } });
  t.after(() => telemetry.shutdown());
  return { telemetry, lines };
}

for (const protocol of ['http/protobuf', 'http/json']) {
  test(`OTLP as ${protocol}: all that a span says arrives`, async (t) => {
    const collector = await startCollector();
    t.after(() => collector.close());
    const { telemetry } = start(t, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    });
    const said = recordSample();
    await telemetry.flush();
    assertSample(collector.spans(), said);
  });
}

for (const form of ['a URL', 'host:port']) {
  test(`OTLP by gRPC to ${form}: all that a span says arrives, with the metadata asked for`, async (t) => {
    const peer = await startGrpcPeer(t);
    const { telemetry, lines } = start(t, {
      OTEL_EXPORTER_OTLP_ENDPOINT: form === 'a URL' ? peer.endpoint : peer.endpoint.slice('http://'.length),
      OTEL_EXPORTER_OTLP_INSECURE: 'true',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b',
    });
    const said = recordSample();
    await telemetry.flush();
    assertSample(peer.spans, said);
    assert.equal(peer.calls[0]?.path, '/opentelemetry.proto.collector.trace.v1.TraceService/Export');
    assert.deepEqual([peer.calls[0]?.metadata['x-key'], lines], ['a b', []]);
  });
}

test('a function has no gRPC: it says so and sends protobuf over HTTP', async (t) => {
  const collector = await startCollector();
  t.after(() => collector.close());
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  const { telemetry, lines } = start(t, env, 'function');
  const said = recordSample();
  await telemetry.flush();
  assertSample(collector.spans(), said);
  assert.equal(lines.length, 1);
  assert.match(lines[0]?.message ?? '', /"grpc" is not in this bundle; using http\/protobuf/);
});

test('headers of the environment go along, those for traces first, and a pair that is none is one warning without its value', async (t) => {
  const requests: IncomingMessage[] = [];
  const endpoint = await startPeer(t, (request, response) => {
    requests.push(request);
    void drain(request).then(() => response.end());
  });
  const { telemetry, lines } = start(
    t,
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_HEADERS:
        'x-tenant=all, Authorization=Basic%20YTpi=, sekret=a%zzbc, \n=b, content-type=text/plain, api%2dkey=k, transfer-encoding=chunked, Content-Encoding=gzip',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=traces,',
    },
    'function',
  );
  recordSample();
  await telemetry.flush();
  const [headers] = requests.map((request) => request.headers);
  assert.deepEqual(
    [headers?.['x-tenant'], headers?.['authorization'], headers?.['api-key'], headers?.['content-type']],
    ['traces', 'Basic YTpi=', 'k', 'application/x-protobuf'],
  );
  assert.deepEqual(
    lines.map(({ message }) => /its (\w+) pair/.exec(message)?.[1]),
    ['third', '4th', '5th', '7th', '8th'],
  );
  assert.doesNotMatch(JSON.stringify(lines), /sekret|zz|chunked/);
  assert.deepEqual([headers?.['transfer-encoding'], headers?.['content-encoding']], [undefined, undefined]);
});

test('a span nobody can write is counted as dropped, and those beside it arrive', async (t) => {
  const collector = await startCollector();
  t.after(() => collector.close());
  const { telemetry, lines } = start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint }, 'function');
  trace
    .getTracer('of somebody')
    .startSpan(404 as never)
    .end();
  const said = recordSample();
  await telemetry.flush();
  assertSample(collector.spans(), said);
  const [status] = telemetry.status().exporters;
  assert.deepEqual([status?.exported, status?.dropped], [2, 1]);
  assert.match(lines[0]?.message ?? '', /could not be written/);
});

test('a backend that has no time for it is asked again, after the time it asks for, and the spans arrive once', async (t) => {
  const at: number[] = [];
  const received: ReceivedSpan[] = [];
  const endpoint = await startPeer(t, async (request, response) => {
    at.push(performance.now());
    const body = await drain(request);
    if (at.length === 1) response.writeHead(503, { 'retry-after': '1' });
    else if (at.length === 2) response.writeHead(429);
    else received.push(...readExport('application/x-protobuf', body));
    response.end();
  });
  const { telemetry, lines } = start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  const said = recordSample();
  for (let tries = 0; tries < 8 && received.length === 0; tries++) await telemetry.flush();
  assertSample(received, said);
  assert.equal(at.length, 3);
  assert.ok((at[1] ?? 0) - (at[0] ?? 0) > 950, 'a second was asked for');
  assert.deepEqual(lines, []);
});

test('a backend that vouches for itself is trusted by the certificate the environment names, and only then', async (t) => {
  const peer = await startTlsPeer(t);
  for (const [env, exported] of [
    [{ OTEL_EXPORTER_OTLP_CERTIFICATE: peer.certificate }, 2],
    [{ OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: peer.certificate, OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere' }, 2],
    [{ OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere' }, 0],
    [{}, 0],
  ] as const) {
    const { telemetry } = start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: peer.endpoint, ...env }, 'function');
    recordSample();
    await telemetry.flush();
    assert.equal(telemetry.status().exporters[0]?.exported, exported, JSON.stringify(env));
    await telemetry.shutdown();
  }
});

test('a function keeps no connection over a freeze, by TLS neither; a server does', async (t) => {
  for (const [mode, connections] of [
    ['function', 2],
    ['server', 1],
  ] as const) {
    const peer = await startTlsPeer(t);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: peer.endpoint, OTEL_EXPORTER_OTLP_CERTIFICATE: peer.certificate };
    const { telemetry } = start(t, env, mode);
    for (let invocation = 0; invocation < 2; invocation += 1) {
      recordSample();
      await telemetry.flush();
    }
    assert.equal(peer.connections(), connections, mode);
    await telemetry.shutdown();
  }
});

test('HTTP sent to gRPC’s port is one warning that names both ways out', (t) => {
  const { lines } = start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel-collector:4317' });
  assert.equal(lines.length, 1);
  assert.match(lines[0]?.message ?? '', /port 4317.*OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or port 4318/);
});

// Every way in which Jaeger's old addresses are written down; the host is loopback so that nothing leaves this machine.
const old: Record<string, NodeJS.ProcessEnv> = {
  'the collector of old': {
    OTEL_TRACES_EXPORTER: 'jaeger',
    OTEL_EXPORTER_JAEGER_ENDPOINT: 'http://127.0.0.1:14268/api/traces',
  },
  'the agent of old': { OTEL_TRACES_EXPORTER: 'jaeger', OTEL_EXPORTER_JAEGER_AGENT_HOST: '127.0.0.1' },
  'the agent of old with its port': {
    OTEL_TRACES_EXPORTER: 'jaeger',
    OTEL_EXPORTER_JAEGER_AGENT_HOST: '127.0.0.1',
    OTEL_EXPORTER_JAEGER_AGENT_PORT: '6832',
  },
  'gRPC of old': { OTEL_TRACES_EXPORTER: 'jaeger', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:14250' },
  'an address without a scheme': { OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:6831' },
  'the collector of old, as OTLP': { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:14268/api/traces' },
};

for (const [what, env] of Object.entries(old)) {
  test(`Jaeger addressed as ${what} is one warning, and OTLP goes to the same host`, (t) => {
    const lines = captureLog(t);
    const { rest } = readOtlp(env, 500);
    const url = (readJaegerUrl(rest) ?? otlpUrl(rest))?.href;
    assert.equal(url, 'http://127.0.0.1:4318/v1/traces');
    assert.equal(lines.length, 1, JSON.stringify(lines));
    assert.match(
      lines[0]?.message ?? '',
      /Jaeger's old protocols; Jaeger takes OTLP, using http:\/\/127\.0\.0\.1:4318/,
    );
  });
}

test('Jaeger addressed as it is today gets OTLP without a word', async (t) => {
  const collector = await startCollector();
  t.after(() => collector.close());
  const { telemetry, lines } = start(t, {
    OTEL_TRACES_EXPORTER: 'jaeger',
    OTEL_EXPORTER_JAEGER_ENDPOINT: collector.endpoint,
  });
  const said = recordSample();
  await telemetry.flush();
  assertSample(collector.spans(), said);
  assert.deepEqual(lines, []);
});

test('Jaeger at an address of its own gets no header of OTLP’s, at OTLP’s own it does', async (t) => {
  const keys: [path: string | undefined, key: unknown][] = [];
  const endpoint = await startPeer(t, (request, response) => {
    keys.push([request.url, request.headers['x-api-key']]);
    void drain(request).then(() => response.end());
  });
  const env = {
    OTEL_TRACES_EXPORTER: 'otlp,jaeger',
    OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint}/otlp`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=SECRETKEY',
  };
  for (const more of [{ OTEL_EXPORTER_JAEGER_ENDPOINT: `${endpoint}/jaeger` }, {}]) {
    const { telemetry } = start(t, { ...env, ...more }, 'function');
    recordSample();
    await telemetry.flush();
    await telemetry.shutdown();
  }
  const sorted = keys.toSorted(([a], [b]) => String(a).localeCompare(String(b)));
  const own = ['/otlp/v1/traces', 'SECRETKEY'];
  assert.deepEqual(sorted, [['/jaeger', undefined], own, own, own]);
});

test('Coralogix gets OTLP with its token and its names, and never another backend’s headers', async (t) => {
  const requests: { url: string | undefined; headers: NodeJS.Dict<string | string[]>; body: Buffer }[] = [];
  const endpoint = await startPeer(t, async (request, response) => {
    requests.push({ url: request.url, headers: request.headers, body: await drain(request) });
    response.end();
  });
  const { telemetry, lines } = start(
    t,
    {
      OTEL_TRACES_EXPORTER: 'coralogix',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=of-somebody-else',
      CX_ENDPOINT: endpoint,
      CX_TOKEN: 'cxtp_abc',
      CX_APPLICATION_NAME: 'shop',
    },
    'function',
  );
  const said = recordSample();
  await telemetry.flush();
  const [request] = requests;
  assert.ok(request);
  const received = readExport(String(request.headers['content-type']), request.body);
  assertSample(received, said);
  assert.deepEqual([request.url, request.headers['authorization']], ['/v1/traces', 'Bearer cxtp_abc']);
  assert.equal(request.headers['x-api-key'], undefined);
  const { resource = {} } = received[0] ?? {};
  assert.deepEqual([resource['cx.application.name'], resource['cx.subsystem.name']], ['shop', 'things']);
  assert.deepEqual(lines, []);
});

const incomplete: Record<string, NodeJS.ProcessEnv> = {
  'neither CX_DOMAIN nor CX_ENDPOINT is set': { CX_TOKEN: 'cxtp_a' },
  'CX_TOKEN is not set': { CX_DOMAIN: 'EU2' },
  'CX_TOKEN is not a token': { CX_DOMAIN: 'eu2.coralogix.com', CX_TOKEN: 'a\nb' },
  'CX_DOMAIN must be a region': { CX_DOMAIN: 'https://eu2', CX_TOKEN: 'cxtp_a' },
};
for (const [problem, env] of Object.entries(incomplete)) {
  test(`Coralogix is left out with one warning when ${problem}`, (t) => {
    const { lines, telemetry } = start(t, { OTEL_TRACES_EXPORTER: 'coralogix', ...env });
    assert.equal(lines.length, 1);
    assert.match(lines[0]?.message ?? '', new RegExp(`coralogix \\(${problem}`));
    assert.deepEqual(telemetry.status().exporters, []);
  });
}

test('spans a backend says it rejected are counted as dropped', async (t) => {
  // ExportTraceServiceResponse { partial_success { rejected_spans: 1, error_message: "no" } }
  const partial = Buffer.from([0x0a, 0x06, 0x08, 0x01, 0x12, 0x02, 0x6e, 0x6f]);
  const endpoint = await startPeer(t, async (request, response) => {
    await drain(request);
    response.setHeader('content-type', 'application/x-protobuf').end(partial);
  });
  const { telemetry, lines } = start(
    t,
    { OTEL_TRACES_EXPORTER: 'coralogix', CX_ENDPOINT: endpoint, CX_TOKEN: 'cxtp_abc' },
    'function',
  );
  recordSample();
  await telemetry.flush();
  const [{ exported, dropped } = {}] = telemetry.status().exporters;
  assert.deepEqual([exported, dropped], [1, 1]);
  assert.match(lines[0]?.message ?? '', /spans were rejected: no/);
});

test('what a backend refuses is said with its status and its reason, without the token', async (t) => {
  const endpoint = await startPeer(t, async (request, response) => {
    await drain(request);
    response.writeHead(401).end('invalid token cxtp_abc');
  });
  const { telemetry, lines } = start(
    t,
    { OTEL_TRACES_EXPORTER: 'coralogix', CX_ENDPOINT: endpoint, CX_TOKEN: 'cxtp_abc' },
    'function',
  );
  for (let attempt = 0; attempt < 3; attempt += 1) {
    span('work', () => undefined);
    await telemetry.flush();
  }
  assert.equal(lines[0]?.['reason'], 'answered 401 Unauthorized: invalid token ***');
});
