import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { diag, trace } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Breaker } from '../../../telemetry/export/breaker.ts';
import { createBreaker } from '../../../telemetry/export/breaker.ts';
import type { Queue, QueueOptions } from '../../../telemetry/export/queue.ts';
import { createQueue } from '../../../telemetry/export/queue.ts';
import { captureLog } from '../../support/log-lines.ts';

type Answer = 'accepts' | 'refuses' | 'throws' | 'never';

/** An exporter that answers as it is told, after `delayMs`. */
function anExporter(answer: Answer = 'accepts', delayMs = 0) {
  const batches: number[] = [];
  const told = { answer, delayMs };
  const exporter: SpanExporter = {
    export: (spans, done) => {
      batches.push(spans.length);
      if (told.answer === 'throws') throw new Error('broken exporter');
      if (told.answer === 'never') return;
      const code = told.answer === 'accepts' ? 0 : 1;
      setTimeout(() => done({ code }), told.delayMs);
    },
    shutdown: () => Promise.reject(new Error('broken exporter')),
  };
  return { exporter, batches, told };
}

function aQueue(exporter: SpanExporter, options: Partial<QueueOptions> & { breaker?: Breaker } = {}) {
  const queue = createQueue(
    { name: 'test', exporter },
    { most: 2048, everyMs: undefined, timeoutMillis: 100, ...options },
  );
  const tracer = new NodeTracerProvider({ spanProcessors: [queue] }).getTracer('test');
  const spans = (count: number) => {
    for (let index = 0; index < count; index += 1) tracer.startSpan(`span ${index}`).end();
  };
  return { queue, spans };
}

/** Milliseconds by a clock of the test's own until the work is done, looked at every ten; 0 when it waits for nothing. */
async function byMockedTimers(t: TestContext, work: () => Promise<void>): Promise<number> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let done = false;
  void work().then(() => (done = true));
  for (let passed = 0; ; passed += 10) {
    await new Promise(setImmediate);
    if (done || passed > 10_000) return passed;
    t.mock.timers.tick(10);
  }
}

test('in a server what comes while an export is under way waits to be many, and a flush wants all of it', async () => {
  const { exporter, batches } = anExporter('accepts', 20);
  const { queue, spans } = aQueue(exporter, { most: 40, everyMs: 60_000 });
  spans(10);
  for (let turn = 0; turn < 4; turn += 1) {
    spans(1);
    await sleep(20);
  }
  assert.deepEqual(batches, [10]);
  spans(6);
  await sleep(5);
  assert.deepEqual(batches, [10, 10]);
  spans(3);
  await queue.flush();
  assert.deepEqual(batches, [10, 10, 3]);
});

test('in a function nothing is exported until flush, and then everything in one export', async () => {
  const { exporter, batches } = anExporter();
  const { queue, spans } = aQueue(exporter);
  spans(700);
  await sleep(20);
  assert.deepEqual(batches, []);
  await queue.flush();
  assert.deepEqual(batches, [700]);
  assert.equal(queue.status().exported, 700);
});

test('in a server spans are exported by themselves, soon when there are many', async () => {
  const { exporter, batches } = anExporter();
  const { queue, spans } = aQueue(exporter, { everyMs: 30, most: 100 });
  spans(2);
  await sleep(60);
  assert.deepEqual(batches, [2]);
  spans(25);
  assert.deepEqual(batches, [2, 25]);
  await queue.flush();
});

test('what cannot wait any longer is dropped and counted', async () => {
  const { queue, spans } = aQueue(anExporter().exporter, { most: 10 });
  spans(25);
  assert.deepEqual([queue.status().waiting, queue.status().dropped], [10, 15]);
  await queue.flush();
  assert.deepEqual([queue.status().exported, queue.status().dropped], [10, 15]);
});

test('a span that is not sampled is not exported', async () => {
  const { exporter, batches } = anExporter();
  const { queue } = aQueue(exporter);
  queue.onEnd({ spanContext: () => ({ traceId: 'a', spanId: 'b', traceFlags: 0 }) } as ReadableSpan);
  await queue.flush();
  assert.deepEqual(batches, []);
});

test('flushes at the same time share one export', async () => {
  const { exporter, batches } = anExporter('accepts', 20);
  const { queue, spans } = aQueue(exporter);
  spans(3);
  await Promise.all([queue.flush(), queue.flush(), queue.flush()]);
  assert.deepEqual(batches, [3]);
  assert.equal(queue.status().exported, 3);
});

for (const answer of ['refuses', 'throws', 'never'] as const) {
  test(`an exporter that ${answer === 'never' ? 'never answers' : answer} is given up, said once, and costs nothing from then on`, async (t) => {
    const lines = captureLog(t);
    const { exporter, batches } = anExporter(answer);
    const { queue, spans } = aQueue(exporter);
    for (let flush = 0; flush < 5; flush += 1) {
      spans(2);
      await queue.flush();
    }
    assert.ok(batches.length <= 5);
    assert.equal(queue.status().breaker, 'open');
    assert.equal(await byMockedTimers(t, () => flushTenTimes(queue, spans)), 0);
    assert.deepEqual([queue.status().exported, queue.status().dropped, queue.status().waiting], [0, 20, 0]);
    assert.equal(lines.length, 1);
  });
}

test('a flush waits no longer than 500 ms, however long the exporter may take', async (t) => {
  const { queue, spans } = aQueue(anExporter('never').exporter, { timeoutMillis: 60_000 });
  spans(1);
  assert.equal(await byMockedTimers(t, () => queue.flush()), 500);
});

test('a collector on trial is asked while the work still goes on; its answer closes the breaker and is said', async (t) => {
  const lines = captureLog(t);
  let time = 0;
  const { exporter, told, batches } = anExporter('refuses');
  const { queue, spans } = aQueue(exporter, { breaker: createBreaker(() => time) });
  await giveUp(queue, spans);
  told.answer = 'accepts';
  time += 30_000;
  const before = batches.length;
  spans(1);
  assert.equal(batches.length, before + 1);
  spans(4);
  await queue.flush();
  assert.deepEqual([queue.status().breaker, queue.status().exported], ['closed', 5]);
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['telemetry is not exported for now', 'telemetry is exported again'],
  );
});

test('a trial that is not answered costs the work at most 50 ms, and is not repeated at once', async (t) => {
  let time = 0;
  const { exporter, told, batches } = anExporter('refuses');
  const { queue, spans } = aQueue(exporter, { breaker: createBreaker(() => time) });
  await giveUp(queue, spans);
  told.answer = 'never';
  time += 30_000;
  const trial = await byMockedTimers(t, () => {
    spans(3);
    return queue.flush();
  });
  assert.ok(trial <= 50, `${trial} ms`);
  t.mock.timers.tick(100); // the export's own time
  t.mock.timers.reset();
  await sleep(1);
  const asked = batches.length;
  assert.equal(await byMockedTimers(t, () => flushTenTimes(queue, spans)), 0);
  assert.deepEqual([queue.status().breaker, queue.status().waiting, batches.length], ['open', 0, asked]);
});

test('a flush that comes at the very moment an export is over leaves no span behind', async () => {
  for (let microtasks = 0; microtasks <= 12; microtasks += 1) {
    const answers: (() => void)[] = [];
    const exporter: SpanExporter = {
      export: (_spans, done) => void answers.push(() => done({ code: 0 })),
      shutdown: async () => undefined,
    };
    let time = 0;
    const breaker = createBreaker(() => time, 1);
    breaker.failed();
    time += 30_000;
    const { queue, spans } = aQueue(exporter, { breaker });
    spans(1);
    spans(1);
    answers[0]?.();
    for (let passed = 0; passed < microtasks; passed += 1) await Promise.resolve();
    const flushed = queue.flush();
    const answering = setInterval(() => answers.at(-1)?.(), 1);
    await flushed;
    clearInterval(answering);
    const { waiting, exported } = queue.status();
    assert.deepEqual([waiting, exported], [0, 2], `after ${microtasks} microtasks`);
  }
});

test('what is dropped while the breaker is open costs no text where nobody listens', (t) => {
  const breaker = createBreaker(Date.now, 1);
  breaker.failed();
  const { spans } = aQueue(anExporter().exporter, { breaker });
  const debug = t.mock.method(diag, 'debug');
  spans(2);
  assert.deepEqual(
    debug.mock.calls.map((call) => call.arguments),
    [
      ['test:', '1 span', 'dropped:', 'the breaker is open'],
      ['test:', '1 span', 'dropped:', 'the breaker is open'],
    ],
  );
});

test('an export does not run in the context of the work that caused it', async () => {
  const seen: unknown[] = [];
  const exporter: SpanExporter = {
    export: (_spans, done) => {
      seen.push(trace.getActiveSpan());
      done({ code: 0 });
    },
    shutdown: async () => {},
  };
  const queue = createQueue({ name: 'test', exporter }, { most: 10, everyMs: undefined, timeoutMillis: 100 });
  const provider = new NodeTracerProvider({ spanProcessors: [queue] });
  provider.register();
  provider.getTracer('test').startActiveSpan('work', (span) => {
    span.end();
    void queue.flush();
  });
  await queue.flush();
  assert.deepEqual(seen, [undefined]);
});

test('shutting down flushes, and survives an exporter that does not', async () => {
  const { exporter, batches } = anExporter();
  const { queue, spans } = aQueue(exporter);
  spans(1);
  await queue.shutdown();
  assert.deepEqual(batches, [1]);
});

async function flushTenTimes(queue: Queue, spans: (count: number) => void): Promise<void> {
  for (let flush = 0; flush < 10; flush += 1) {
    spans(1);
    await queue.flush();
  }
}

async function giveUp(queue: Queue, spans: (count: number) => void): Promise<void> {
  while (queue.status().breaker === 'closed') {
    spans(1);
    await queue.flush();
  }
}
