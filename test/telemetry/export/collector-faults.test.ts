import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { functionExporters } from '../../../telemetry/export/function-exporters.ts';
import { span } from '../../../telemetry/span.ts';
import { startTelemetry } from '../../../telemetry/start.ts';
import { captureLog } from '../../support/log-lines.ts';
import { drain, nobody, startPeer } from '../../support/peer.ts';

// Real sockets and the stock exporter. Takes about 5 s: three waits of half a second for each collector that never answers.

const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => rejections.push(reason));
after(async () => {
  await sleep(50);
  assert.deepEqual(rejections, []);
});

type Collector = (t: Parameters<typeof startPeer>[0]) => Promise<string>;

const peer =
  (answer: RequestListener): Collector =>
  (t) =>
    startPeer(t, answer);

const faults: Record<string, Collector> = {
  'refuses connections': nobody,
  'accepts and never answers': peer(() => {}),
  'answers 503': peer((_request, response) => response.writeHead(503).end()),
  'answers 503 and asks for patience': peer((_request, response) =>
    response.writeHead(503, { 'retry-after': '0' }).end(),
  ),
  'answers after twenty seconds': peer((_request, response) => {
    setTimeout(() => response.end(), 20_000).unref();
  }),
  'answers drop by drop': peer((_request, response) => {
    const drip = setInterval(() => response.write('x'), 100).unref();
    response.on('close', () => clearInterval(drip));
  }),
  'closes every connection': peer((request) => request.socket.destroy()),
  'has a name nobody knows': async () => 'http://collector.invalid:4318',
};

/** Whether it is still to come when the event loop has gone round: then it waits for a timer or a socket, however fast the machine. */
const waits = (work: Promise<void>): Promise<boolean> =>
  Promise.race([work.then(() => false), new Promise<true>((resolve) => setImmediate(resolve, true))]);

for (const [fault, start] of Object.entries(faults)) {
  test(`a collector that ${fault} costs work nothing but a bounded wait, and soon not even that`, async (t) => {
    const lines = captureLog(t);
    const telemetry = startTelemetry({
      service: 'things',
      mode: 'function',
      exporters: functionExporters,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: await start(t) },
    });
    const added: number[] = [];
    const waited: boolean[] = [];
    for (let invocation = 0; invocation < 8; invocation += 1) {
      assert.equal(await span('work', async () => 'done'), 'done');
      const begun = performance.now();
      const flushed = telemetry.flush();
      if (invocation >= 5) waited.push(await waits(flushed));
      await flushed;
      added.push(performance.now() - begun);
    }
    // Half a second at most, a good deal more when the machine is busy, and nothing like an export that is not bounded; when it is given
    // up, nothing at all: no timer, no socket.
    assert.ok(Math.max(...added) < 5000, `${added.map(Math.round).join(', ')} ms`);
    assert.deepEqual(waited, [false, false, false]);
    assert.equal(telemetry.status().exporters[0]?.breaker, 'open');
    assert.equal(telemetry.status().exporters[0]?.dropped, 8);
    assert.equal(lines.filter(({ message }) => message === 'telemetry is not exported for now').length, 1);
    assert.ok(lines.length <= 2, JSON.stringify(lines));
    await telemetry.shutdown();
  });
}

test('a collector that works gets every flush at once, each over a connection of its own', async (t) => {
  const ports = new Set<number | undefined>();
  const types = new Set<string | undefined>();
  let bytes = 0;
  const endpoint = await startPeer(t, async (request, response) => {
    ports.add(request.socket.remotePort);
    types.add(request.headers['content-type']);
    bytes += (await drain(request)).length;
    response.end();
  });
  const telemetry = startTelemetry({
    service: 'things',
    mode: 'function',
    exporters: functionExporters,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: 'x-key=1' },
  });
  for (let invocation = 0; invocation < 3; invocation += 1) {
    span('work', () => undefined);
    await telemetry.flush();
  }
  assert.deepEqual([ports.size, [...types]], [3, ['application/x-protobuf']]);
  assert.ok(bytes > 0);
  assert.equal(telemetry.status().exporters[0]?.exported, 3);
  await telemetry.shutdown();
});

test('a connection that was closed under us is tried again at once, and no span is lost', async (t) => {
  let requests = 0;
  const endpoint = await startPeer(t, async (request, response) => {
    requests += 1;
    if (requests === 1) {
      request.socket.destroy();
      return;
    }
    await drain(request);
    response.end();
  });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const telemetry = startTelemetry({ service: 'things', mode: 'function', exporters: functionExporters, env });
  span('work', () => undefined);
  await telemetry.flush();
  assert.deepEqual([requests, telemetry.status().exporters[0]?.exported], [2, 1]);
  await telemetry.shutdown();
});
