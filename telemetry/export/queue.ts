import { AsyncLocalStorage } from 'node:async_hooks';
import { diag, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { log } from '../log.ts';
import type { Breaker, BreakerState } from './breaker.ts';
import { createBreaker } from './breaker.ts';
import type { NamedExporter } from './exporters.ts';
import { exportOnce } from './attempt.ts';
import { reasonOf } from './outcome.ts';

export interface QueueOptions {
  /** Spans that may wait; more are dropped and counted. */
  most: number;
  /** Milliseconds until waiting spans are exported without being asked; `undefined` waits for `flush`. */
  everyMs: number | undefined;
  /** Milliseconds one export may take. */
  timeoutMillis: number;
  breaker?: Breaker;
}

/** What became of the spans of one exporter since the start. */
export interface QueueStatus {
  exporter: string;
  /** Where it sends, without credentials; absent for an exporter that sends nowhere. */
  target?: string;
  breaker: BreakerState;
  waiting: number;
  exported: number;
  /** Spans, whatever the reason: no room, the breaker open, a failed export, refused by the backend. */
  dropped: number;
  /** Exports that failed. */
  failed: number;
  /** Of the last export that failed, with secrets masked; it stays after a success. */
  lastError?: { message: string; at: string };
}

export interface Queue extends SpanProcessor {
  /** Sends what waits. Resolves after at most 500 ms, 40 ms while the collector is on trial, and at once while it is given up; never rejects. */
  flush(): Promise<void>;
  status(): QueueStatus;
}

const FLUSH_MS = 500;

/** How long work waits for a collector that has failed before and is tried again. */
const TRIAL_MS = 40;

/**
 * Ended, sampled spans on their way to one exporter: a bounded buffer, one export at a time, and a breaker. A batch that
 * fails is dropped and counted: telemetry may be lost, work may not wait for it.
 */
export function createQueue({ name, exporter }: NamedExporter, options: QueueOptions): Queue {
  const { breaker = createBreaker() } = options;
  // Exports run in the context of the start, so that neither a socket nor a log line belongs to the request that caused it.
  const outside = AsyncLocalStorage.snapshot();
  const counts = { exported: 0, dropped: 0, failed: 0 };
  let lastError: QueueStatus['lastError'];
  let waiting: ReadableSpan[] = [];
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  /** A flush wants everything out. */
  let wanted = false;

  const drop = (count: number, why: string) => {
    counts.dropped += count;
    if (count > 0) diag.debug(`${name}: ${many(count)} dropped: ${why}`);
  };

  const sendBatch = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    if (breaker.state() === 'open') {
      drop(batch.length, 'the breaker is open');
      return;
    }
    const before = exporter.dropped?.() ?? 0;
    const began = performance.now();
    const failure = await exportOnce(exporter, batch, options.timeoutMillis);
    if (!failure) {
      const left = (exporter.dropped?.() ?? 0) - before;
      drop(left, 'the exporter or its backend refused them');
      counts.exported += batch.length - left;
      diag.debug(`${name}: ${many(batch.length - left)} exported in ${Math.round(performance.now() - began)} ms`);
      if (breaker.succeeded()) log.info('telemetry is exported again', { exporter: name, dropped: counts.dropped });
      return;
    }
    const message = reasonOf(failure);
    counts.failed += 1;
    lastError = { message, at: new Date().toISOString() };
    drop(batch.length, message);
    if (breaker.failed()) log.warn('telemetry is not exported for now', { exporter: name, reason: message });
  };

  const isMany = (): boolean => options.everyMs !== undefined && waiting.length * 4 >= options.most;
  const later = (): void => {
    if (options.everyMs !== undefined) timer ??= setTimeout(() => void run(), options.everyMs).unref();
  };

  /**
   * What has come meanwhile waits to be many, unless a flush wants it: under load, requests with a handful of spans each would
   * follow each other without a pause.
   */
  const send = async (): Promise<void> => {
    while (waiting.length > 0) {
      await sendBatch();
      if (!wanted && !isMany()) break;
    }
    wanted = false;
    if (waiting.length > 0) later();
  };

  const run = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    running ??= outside(send).finally(() => {
      running = undefined;
    });
    return running;
  };

  const flush = async (): Promise<void> => {
    const state = breaker.state();
    if (waiting.length === 0 && !running) return;
    wanted = true;
    await within(state === 'half-open' ? TRIAL_MS : FLUSH_MS, run());
  };

  return {
    onStart: () => undefined,
    onEnd: (span) => {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
      const state = breaker.state();
      if (state === 'open' || waiting.length >= options.most) {
        drop(1, state === 'open' ? 'the breaker is open' : `${options.most} are waiting`);
        return;
      }
      waiting.push(span);
      // The trial begins with the first span, while the work still goes on, so that the flush need not wait for it.
      if (state === 'half-open' || isMany()) void run();
      else later();
    },
    flush,
    forceFlush: flush,
    shutdown: async () => {
      await flush();
      clearTimeout(timer);
      await within(FLUSH_MS, exporter.shutdown());
    },
    status: () => ({
      exporter: name,
      ...(exporter.target && { target: exporter.target }),
      breaker: breaker.state(),
      waiting: waiting.length,
      ...counts,
      ...(lastError && { lastError }),
    }),
  };
}

const many = (count: number): string => (count === 1 ? '1 span' : `${count} spans`);

/** Waits for work that never rejects or for its time to be over, whichever comes first. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work.catch(() => undefined), over]);
  clearTimeout(timer);
}
