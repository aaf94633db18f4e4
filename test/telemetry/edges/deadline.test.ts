import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import Fastify from 'fastify';
import { startCollector } from '../../../local/collector/collector.ts';
import { exportInTime } from '../../../telemetry/edges/deadline.ts';
import { traceRequests } from '../../../telemetry/edges/http-server.ts';
import { traceInvocation } from '../../../telemetry/edges/invocation.ts';
import { functionExporters } from '../../../telemetry/export/function-exporters.ts';
import { span } from '../../../telemetry/span.ts';
import { startTelemetry } from '../../../telemetry/start.ts';
import { eventually } from '../../support/eventually.ts';
import { captureLog } from '../../support/log-lines.ts';
import { nobody } from '../../support/peer.ts';
import { aLambdaContext } from '../../support/records.ts';

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

const batch = { queue: 'things', messages: 1 };

/** A function's telemetry, exporting by OTLP to a receiver on loopback. */
async function aFunction(t: TestContext, mode: 'function' | 'server' = 'function') {
  const lines = captureLog(t);
  const collector = await startCollector();
  t.after(() => collector.close());
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
  const telemetry = startTelemetry({ service: 'things', mode, exporters: functionExporters, env });
  t.after(() => telemetry.shutdown());
  return { telemetry, lines, spans: () => collector.spans() };
}

/** Runs work in an invocation that has so many milliseconds, and does not wait for it. */
function hang(telemetry: { flush(): Promise<void> }, timeoutMs: number) {
  const { promise: hanging, resolve: release } = Promise.withResolvers<void>();
  const lambda = aLambdaContext(timeoutMs);
  const deadline = Date.now() + timeoutMs;
  const done = exportInTime(lambda, telemetry, () =>
    traceInvocation(lambda, batch, () => span('outer', () => span('inner', () => hanging))),
  );
  return { deadline, release, done };
}

describe('work that is not done shortly before the invocation’s end', () => {
  it('has its open spans ended as ERROR, below each other as they were, and exported while there is time', async (t) => {
    const { telemetry, lines, spans } = await aFunction(t);
    const { deadline, release, done } = hang(telemetry, 1500);
    await eventually(() => spans().length === 3, 'three spans');
    assert.ok(Number(spans()[0]?.endMs) < deadline - 100, 'ended a good while before the deadline');
    const [invocation, outer, inner] = ['things', 'outer', 'inner'].map((name) =>
      spans().find((found) => found.name === name),
    );
    assert.deepEqual([inner?.parentSpanId, outer?.parentSpanId], [outer?.spanId, invocation?.spanId]);
    for (const found of [invocation, outer, inner]) {
      assert.equal(found?.attributes['error.type'], 'timeout');
      assert.deepEqual(found.status, {
        code: 'ERROR',
        message: "the invocation's time was running out",
      });
    }
    assert.ok(Number(inner?.endMs) <= Number(outer?.endMs) && Number(outer?.endMs) <= Number(invocation?.endMs));
    const line = lines.find(({ level }) => level === 'warn');
    assert.deepEqual(
      [line?.message, line?.['open_spans']],
      ["the invocation's time is running out", ['things', 'outer', 'inner']],
    );
    release();
    await done;
  });

  it('may end its spans later, say more on them and fail, without a word and without a second export', async (t) => {
    const { telemetry, lines, spans } = await aFunction(t);
    const lambda = aLambdaContext(200);
    const done = exportInTime(lambda, telemetry, () =>
      span('late', async () => {
        await sleep(250);
        const active = trace.getActiveSpan();
        assert.equal(active?.isRecording(), false);
        active.setAttribute('a', 1).setAttributes({ b: 2 }).addEvent('e').setStatus({ code: 1 }).updateName('x');
        active.addLink({ context: active.spanContext() }).addLinks([]);
        active.recordException(new Error('late'));
        throw new Error('late');
      }),
    );
    await assert.rejects(done, /late/);
    await telemetry.flush();
    await eventually(() => spans().length > 0);
    assert.deepEqual(
      spans().map(({ name, attributes, events }) => [name, attributes, events]),
      [['late', { 'error.type': 'timeout' }, []]],
    );
    assert.deepEqual(
      lines.map(({ message }) => message),
      ["the invocation's time is running out"],
    );
  });

  it('is not held up, nor is its failure hidden, when the collector is away', async (t) => {
    captureLog(t);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: await nobody() };
    const telemetry = startTelemetry({ service: 'things', mode: 'function', exporters: functionExporters, env });
    t.after(() => telemetry.shutdown());
    const done = exportInTime(aLambdaContext(100), telemetry, () =>
      span('late', () => sleep(150).then(() => Promise.reject(new Error('its own')))),
    );
    await assert.rejects(done, /its own/);
  });
});

it('telemetry that fails at the deadline does not end the process', async (t) => {
  await aFunction(t);
  let flushes = 0;
  const failing = {
    flush: async () => {
      flushes += 1;
      if (flushes === 1) throw new Error('at the deadline');
    },
  };
  const answer = await exportInTime(aLambdaContext(200), failing, () => span('late', () => sleep(150, 'done')));
  assert.equal(answer, 'done');
  assert.equal(flushes, 2);
});

describe('work that is done in time', () => {
  it('is exported at its end, its spans as they are, and leaves no timer behind', async (t) => {
    const { telemetry, spans } = await aFunction(t);
    assert.equal(await exportInTime(aLambdaContext(300), telemetry, () => span('quick', async () => 'done')), 'done');
    assert.deepEqual(
      spans().map(({ name, status }) => [name, status.code]),
      [['quick', 'UNSET']],
    );
    const waiting = span('of the next invocation', () => sleep(400));
    await waiting;
    await telemetry.flush();
    assert.equal(spans().at(-1)?.status.code, 'UNSET');
  });

  it('needs no context, and no sense in it', async (t) => {
    const { telemetry } = await aFunction(t);
    const strange = [NaN, -1, 0, Infinity, 2 ** 40].map((left) => ({ getRemainingTimeInMillis: () => left }));
    const hostile = {
      getRemainingTimeInMillis: () => {
        throw new Error('no');
      },
    };
    for (const lambda of [undefined, {}, ...strange, hostile]) {
      assert.equal(await exportInTime(lambda, telemetry, async () => 'done'), 'done');
    }
  });

  it('is not what keeps the process alive', async (t) => {
    const { telemetry } = await aFunction(t);
    const before = timers();
    const { release, done } = hang(telemetry, 30_000);
    assert.equal(timers(), before);
    release();
    await done;
  });
});

it('ten thousand spans that ended are forgotten; the one that is open is not', async (t) => {
  const { telemetry, lines } = await aFunction(t);
  await exportInTime(aLambdaContext(400), telemetry, () =>
    span('open', async () => {
      for (let count = 0; count < 10_000; count += 1) span('ended', () => undefined);
      await sleep(300);
    }),
  );
  assert.deepEqual(lines.find((line) => 'open_spans' in line)?.['open_spans'], ['open']);
});

it('a server, which nobody ends, keeps no list of its spans', async (t) => {
  const { telemetry, lines } = await aFunction(t, 'server');
  await exportInTime(aLambdaContext(50), telemetry, () => span('long', () => sleep(60)));
  assert.equal(
    lines.some((line) => 'open_spans' in line),
    false,
  );
});

it('a request that Lambda brought says which invocation it was; one that came to a server does not', async (t) => {
  const { telemetry, spans } = await aFunction(t);
  const app = Fastify();
  t.after(() => app.close());
  traceRequests(app, { edge: 'continue' });
  app.get('/', async () => 'hello');
  const [cold, warm] = [aLambdaContext(), aLambdaContext()];
  for (const lambda of [cold, warm]) await exportInTime(lambda, telemetry, () => app.inject('/'));
  await app.inject('/');
  await telemetry.flush();
  const said = spans().map(({ attributes }) => ['faas.trigger', 'faas.invocation.id'].map((key) => attributes[key]));
  assert.deepEqual(said, [
    ['http', cold.awsRequestId],
    ['http', warm.awsRequestId],
    [undefined, undefined],
  ]);
});
