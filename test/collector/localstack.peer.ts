import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { functionExporters } from '../../telemetry/export/function-exporters.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { startGrpcPeer } from '../support/grpc-peer.ts';
import { callWith, freeEndpoint, startOtelcol } from '../support/otelcol.ts';
import { assertSample, recordSample, SAMPLE_RESOURCE } from '../support/sample-trace.ts';

const configuration = readFileSync(join(import.meta.dirname, '../../observability/localstack/collector.yaml'), 'utf8');
/** So that the test knows when it is up; on Docker nobody asks. */
const asked = `
extensions: { health_check: { endpoint: '\${env:HEALTH_ENDPOINT}' } }
service: { extensions: [health_check], telemetry: { metrics: { level: none } } }
`;

test('the Collector of docker-compose.localstack.yml hands on what it gets, by gRPC, to what is Tempo there', async (t) => {
  const tempo = await startGrpcPeer(t);
  const http = await freeEndpoint();
  const addresses = { OTLP_HTTP_ENDPOINT: http, TEMPO_ENDPOINT: new URL(tempo.endpoint).host };
  const otelcol = await startOtelcol(t, callWith([configuration, asked], addresses));
  const telemetry = startTelemetry({
    service: 'things',
    mode: 'function',
    exporters: functionExporters,
    env: { ...SAMPLE_RESOURCE, OTEL_EXPORTER_OTLP_ENDPOINT: `http://${http}` },
  });
  t.after(() => telemetry.shutdown());
  const said = recordSample();
  await telemetry.flush();
  for (const deadline = Date.now() + 10_000; tempo.spans.length < 2; await sleep(50)) {
    assert.ok(Date.now() < deadline, otelcol.log());
  }
  assertSample(tempo.spans, said);
});
