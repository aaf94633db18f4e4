import assert from 'node:assert/strict';
import dns from 'node:dns';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { readExport } from '../../../../local/collector/otlp.ts';
import { exportOnce } from '../../../../telemetry/export/attempt.ts';
import { functionExporters } from '../../../../telemetry/export/function-exporters.ts';
import { serverExporters } from '../../../../telemetry/export/server-exporters.ts';
import { xrayRegion } from '../../../../telemetry/export/xray/endpoint.ts';
import { span } from '../../../../telemetry/span.ts';
import { startTelemetry } from '../../../../telemetry/start.ts';
import { endedSpans } from '../../../support/ended-spans.ts';
import { captureLog } from '../../../support/log-lines.ts';
import { drain, startPeer } from '../../../support/peer.ts';
import { assertSample, recordSample, SAMPLE_RESOURCE } from '../../../support/sample-trace.ts';
import { verifySigV4, type SignedRequest } from '../../../support/verify-sigv4.ts';

const keys = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'a secret/of+many',
  AWS_SESSION_TOKEN: 'session',
};

/** A peer that X-Ray's host name leads to, until the test is over; only the TLS around it is missing. */
async function startXRay(t: TestContext, status = 200): Promise<{ endpoint: string; requests: SignedRequest[] }> {
  const requests: SignedRequest[] = [];
  const peer = await startPeer(t, async (request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers, body: await drain(request) });
    response.writeHead(status).end(status === 200 ? '' : '{"message":"The security token is invalid"}');
  });
  const loopback = [{ address: '127.0.0.1', family: 4 }];
  t.mock.method(dns, 'lookup', (_host: string, { all }: { all?: boolean }, done: (...answer: unknown[]) => void) =>
    all ? done(null, loopback) : done(null, '127.0.0.1', 4),
  );
  return { endpoint: `http://xray.eu-central-1.amazonaws.com:${new URL(peer).port}`, requests };
}

function start(t: TestContext, env: NodeJS.ProcessEnv, mode: 'function' | 'server' = 'function') {
  const lines = captureLog(t);
  const exporters = mode === 'server' ? serverExporters : functionExporters;
  const telemetry = startTelemetry({ service: 'things', mode, exporters, env: { ...SAMPLE_RESOURCE, ...env } });
  t.after(() => telemetry.shutdown());
  return { telemetry, lines };
}

for (const compression of ['none', 'gzip']) {
  test(`X-Ray’s endpoint gets OTLP signed over the bytes that are sent, compression ${compression}`, async (t) => {
    const { endpoint, requests } = await startXRay(t);
    const { telemetry, lines } = start(t, {
      ...keys,
      OTEL_EXPORTER_OTLP_ENDPOINT: compression === 'gzip' ? endpoint : `${endpoint}/v1/traces`,
      OTEL_EXPORTER_OTLP_COMPRESSION: compression,
    });
    const said = recordSample();
    await telemetry.flush();
    const [request] = requests;
    assert.ok(request);
    const { keyId, scope, signed } = verifySigV4(request, keys.AWS_SECRET_ACCESS_KEY);
    assert.deepEqual([keyId, scope, request.url], ['AKIDEXAMPLE', 'eu-central-1/xray/aws4_request', '/v1/traces']);
    for (const name of ['host', 'x-amz-date', 'x-amz-security-token', 'content-type'])
      assert.ok(signed.includes(name), name);
    assert.equal(request.headers['content-encoding'], compression === 'gzip' ? 'gzip' : undefined);
    const otlp = compression === 'gzip' ? gunzipSync(request.body) : request.body;
    const received = readExport(String(request.headers['content-type']), otlp);
    assertSample(received, said);
    // X-Ray's map reads the older database names only.
    assert.equal(received.find(({ name }) => name === 'child')?.attributes['db.system'], 'postgresql');
    assert.deepEqual(lines, []);
    assert.throws(() => verifySigV4({ ...request, body: Buffer.from('other') }, keys.AWS_SECRET_ACCESS_KEY));
  });
}

test('a server finds its credentials by AWS’s default chain', async (t) => {
  const { endpoint, requests } = await startXRay(t);
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  Object.assign(process.env, keys);
  delete process.env['AWS_PROFILE'];
  const { telemetry } = start(t, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/v1/traces` }, 'server');
  const said = recordSample();
  await telemetry.flush();
  const [request] = requests;
  assert.ok(request);
  assert.equal(verifySigV4(request, keys.AWS_SECRET_ACCESS_KEY).keyId, 'AKIDEXAMPLE');
  assertSample(readExport(String(request.headers['content-type']), request.body), said);
});

test('missing credentials and a refusal are said as they are, and the work goes on', async (t) => {
  for (const [env, status, reason] of [
    [{}, 200, /no AWS credentials/],
    [keys, 403, /^answered 403 Forbidden: \{"message":"The security token is invalid"\}$/],
  ] as const) {
    const { endpoint } = await startXRay(t, status);
    const { telemetry, lines } = start(t, { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      assert.equal(
        span('work', () => 7),
        7,
      );
      await telemetry.flush();
    }
    assert.match(String(lines.at(-1)?.['reason']), reason);
  }
});

test('a request too large for X-Ray becomes several, and every span arrives once', async (t) => {
  const { endpoint, requests } = await startXRay(t);
  // With more time than a function gives an export: so many bytes take a busy machine more than half a second.
  const options = { timeoutMillis: 60_000, keepAlive: false };
  const env = { ...keys, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const exporter = functionExporters['otlp:http/protobuf']?.(options, env) ?? assert.fail('no exporter');
  t.after(() => exporter.shutdown());
  const spans = endedSpans(60, { text: 'x'.repeat(100_000) });
  assert.equal(await exportOnce(exporter, spans, options.timeoutMillis), undefined);
  assert.deepEqual([requests.length, Math.max(...requests.map(({ body }) => body.length)) <= 5_000_000], [2, true]);
  const received = requests.flatMap(({ body }) => readExport('application/x-protobuf', body));
  assert.equal(new Set(received.map(({ spanId }) => spanId)).size, 60);
  for (const request of requests) verifySigV4(request, keys.AWS_SECRET_ACCESS_KEY);
});

const region = (host: string) => xrayRegion(new URL(`https://${host}/v1/traces`));

test('only X-Ray’s own hosts are signed for', () => {
  assert.equal(region('xray.us-gov-west-1.amazonaws.com'), 'us-gov-west-1');
  assert.equal(region('xray.cn-north-1.amazonaws.com.cn'), 'cn-north-1');
  assert.equal(region('xray-fips.us-east-1.amazonaws.com'), 'us-east-1');
  assert.equal(region('xray.eu-central-1.api.aws'), 'eu-central-1');
  for (const other of [
    'xray.eu-central-1.amazonaws.com.evil.example',
    'xray.amazonaws.com',
    'logs.eu-central-1.amazonaws.com',
    'collector',
  ]) {
    assert.equal(region(other), undefined);
  }
});
