import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { functionExporters } from '../../../telemetry/export/function-exporters.ts';
import { span } from '../../../telemetry/span.ts';
import { startTelemetry } from '../../../telemetry/start.ts';
import { captureLog } from '../../support/log-lines.ts';
import { drain, nobody, startPeer } from '../../support/peer.ts';

/** Exports one span each round and answers what the log says of it. */
async function linesOf(t: TestContext, env: NodeJS.ProcessEnv, rounds: number): Promise<string[]> {
  const lines = captureLog(t);
  const telemetry = startTelemetry({ service: 'things', mode: 'function', exporters: functionExporters, env });
  t.after(() => telemetry.shutdown());
  for (let round = 0; round < rounds; round += 1) {
    span('work', () => undefined);
    await telemetry.flush();
  }
  return lines.map(({ message }) => message);
}

const secret = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20canary' };

test('at debug every export is told, with how many spans and how long it took', async (t) => {
  const endpoint = await startPeer(t, (request, response) => void drain(request).then(() => response.end()));
  const env = { ...secret, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_LOG_LEVEL: 'debug' };
  const lines = await linesOf(t, env, 3);
  const told = lines.filter((line) => /^telemetry: otlp: 1 span exported in \d+ ms$/.test(line));
  assert.equal(told.length, 3, lines.join('\n'));
  assert.doesNotMatch(lines.join('\n'), /canary/);
});

test('at debug what is dropped is told, each time with the reason', async (t) => {
  const endpoint = (await nobody()).replace('//', '//user:canary@');
  const env = { ...secret, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_LOG_LEVEL: 'debug' };
  const lines = await linesOf(t, env, 5);
  const dropped = lines.filter((line) => line.includes('dropped'));
  assert.equal(dropped.filter((line) => /1 span dropped: .*ECONNREFUSED/.test(line)).length, 3, lines.join('\n'));
  assert.equal(dropped.filter((line) => line.endsWith('dropped: the breaker is open')).length, 2);
  assert.doesNotMatch(lines.join('\n'), /canary/);
});

test('without it nothing is told of exports that work, and one line of a collector that was given up', async (t) => {
  const endpoint = await startPeer(t, (request, response) => void drain(request).then(() => response.end()));
  assert.deepEqual(await linesOf(t, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, 3), []);
  const lost = await linesOf(t, { OTEL_EXPORTER_OTLP_ENDPOINT: await nobody() }, 5);
  assert.deepEqual(lost, ['telemetry is not exported for now']);
});
