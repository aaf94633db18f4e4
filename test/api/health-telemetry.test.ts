import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { functionExporters } from '../../telemetry/export/function-exporters.ts';
import { span } from '../../telemetry/span.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { openApi } from '../support/api.ts';
import { captureLog } from '../support/log-lines.ts';
import { drain, nobody, startPeer } from '../support/peer.ts';

const api = await openApi();
const ask = async () => (await api.http.send('GET', '/health/telemetry')).json;

/** Telemetry of a function, which ends with the test. */
function start(t: TestContext, env: NodeJS.ProcessEnv) {
  const telemetry = startTelemetry({ service: 'things', mode: 'function', exporters: functionExporters, env });
  t.after(() => telemetry.shutdown());
  return telemetry;
}

test('where telemetry was never started, it says so', async () => {
  assert.deepEqual(await ask(), { enabled: false, exporters: [] });
});

test('it says what was exported, to both doors', async (t) => {
  const endpoint = await startPeer(t, (request, response) => void drain(request).then(() => response.end()));
  const telemetry = start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  span('work', () => undefined);
  await telemetry.flush();
  for (const door of api.doors) {
    const { json, status } = await door.send('GET', '/health/telemetry');
    assert.equal(status, 200);
    const { started_at: startedAt, ...rest } = json;
    assert.ok(Math.abs(Date.parse(startedAt) - Date.now()) < 60_000);
    const counts = { waiting: 0, exported: 1, dropped: 0, failed: 0 };
    const exporters = [{ exporter: 'otlp', breaker: 'closed', ...counts }];
    assert.deepEqual(rest, { enabled: true, service: 'things', exporters });
  }
});

test('whoever asks waits for no collector: what is still to be exported stays where it is', async (t) => {
  let requests = 0;
  const endpoint = await startPeer(t, () => void (requests += 1)); // and never an answer
  start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  span('work', () => undefined);
  const [exporter] = (await ask())['exporters'];
  assert.deepEqual([exporter.waiting, exporter.failed, requests], [1, 0, 0]);
});

test('with a dead collector it says so, and neither where it is nor what is sent along', async (t) => {
  const lines = captureLog(t);
  const dead = (await nobody()).replace('//', '//user:canary@');
  const telemetry = start(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: dead,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20canary',
  });
  for (let round = 0; round < 4; round += 1) {
    span('work', () => undefined);
    await telemetry.flush();
  }
  lines.length = 0;
  const asked = performance.now();
  const { text, json } = await api.http.send('GET', '/health/telemetry');
  assert.ok(performance.now() - asked < 5000);
  const [exporter] = json['exporters'];
  assert.deepEqual([exporter.breaker, exporter.exported, exporter.failed, exporter.dropped], ['open', 0, 3, 4]);
  assert.equal(exporter.last_error.kind, 'ECONNREFUSED');
  assert.ok(Date.now() - Date.parse(exporter.last_error.at) < 60_000);
  assert.doesNotMatch(text, /canary|127\.0\.0\.1/);
  assert.deepEqual(lines, []);
});

test('what a backend says of a failure is not repeated to whoever asks', async (t) => {
  captureLog(t);
  const told = 'arn:aws:iam::123456789012:role/writer at ingest.acme.internal/tenants/acme?api_key=canary';
  const endpoint = await startPeer(
    t,
    (request, response) => void drain(request).then(() => response.writeHead(403, told).end(told)),
  );
  const telemetry = startTelemetry({
    service: 'things',
    mode: 'function',
    exporters: functionExporters,
    env: {
      OTEL_TRACES_EXPORTER: 'otlp,coralogix',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      CX_ENDPOINT: endpoint,
      CX_TOKEN: 'token',
    },
  });
  t.after(() => telemetry.shutdown());
  span('work', () => undefined);
  await telemetry.flush();
  const { text, json } = await api.http.send('GET', '/health/telemetry');
  assert.deepEqual(
    json['exporters'].map(({ last_error: error }: { last_error: Record<string, string> }) => [
      Object.keys(error),
      error['kind'],
    ]),
    [
      [['kind', 'at'], 'answered 403'],
      [['kind', 'at'], 'answered 403'],
    ],
  );
  assert.doesNotMatch(text, /arn|acme|canary/);
  assert.match(telemetry.status().exporters[1]?.lastError?.message ?? '', /acme/);
});

test('the OpenAPI document describes it', async () => {
  const { json } = await api.http.send('GET', '/openapi.json');
  const operation = json['paths']['/health/telemetry'].get;
  assert.equal(operation.operationId, 'telemetry');
  const { schema } = operation.responses['200'].content['application/json'];
  assert.deepEqual(Object.keys(schema.properties), ['enabled', 'service', 'started_at', 'exporters']);
});
