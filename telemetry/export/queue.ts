import { AsyncLocalStorage } from 'node:async_hooks';
import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Breaker } from './breaker.ts';
import { createBreaker } from './breaker.ts';
import type { DeliveryStatus } from './delivery.ts';
import { createDelivery } from './delivery.ts';
import type { NamedExporter } from './exporters.ts';
import type { QueueLimits } from './limits.ts';
import { WORK_WAITS_MS } from './limits.ts';

export interface QueueOptions extends QueueLimits {
  /** Milliseconds one export may take. */
  timeoutMillis: number;
  breaker?: Breaker;
}

/** What became of the spans of one exporter since the start, and what waits. */
export interface QueueStatus extends DeliveryStatus {
  /** Spans that are neither exported nor dropped yet; those of an export under way are among them. */
  waiting: number;
}

export interface Queue extends SpanProcessor {
  /** Sends what waits. Resolves after at most 500 ms, 40 ms while the collector is on trial, and at once while it is given up; never rejects. */
  flush(): Promise<void>;
  status(): QueueStatus;
}

/** How long work waits for a collector that has failed before and is tried again. */
const TRIAL_MS = 40;

/** Ended, sampled spans on their way to one exporter: a bounded buffer, one export at a time, and a breaker. */
export function createQueue(named: NamedExporter, options: QueueOptions): Queue {
  const { most, everyMs, timeoutMillis, breaker = createBreaker() } = options;
  // Exports run in the context of the start, so that neither a socket nor a log line belongs to the request that caused it.
  const outside = AsyncLocalStorage.snapshot();
  const delivery = createDelivery(named, { breaker, timeoutMillis });
  const noRoom = `${most} are waiting`;
  let waiting: ReadableSpan[] = [];
  /** Spans of the export under way. */
  let underWay = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  /** A flush wants everything out. */
  let wanted = false;

  const isMany = (): boolean => everyMs !== undefined && waiting.length * 4 >= most;
  const goesOn = (): boolean => waiting.length > 0 && (wanted || isMany());
  const later = (): void => {
    if (everyMs !== undefined) timer ??= setTimeout(() => void run(), everyMs).unref();
  };

  /**
   * What has come meanwhile waits to be many, unless a flush wants it: under load, requests with a handful of spans each would
   * follow each other without a pause.
   */
  const send = async (): Promise<void> => {
    try {
      do {
        const batch = waiting;
        waiting = [];
        underWay = batch.length;
        await delivery.send(batch);
      } while (goesOn());
    } finally {
      // In the tick that decides to stop: a flush of the next one would be handed an export that is over, and its spans would stay.
      running = undefined;
      underWay = 0;
      wanted = false;
      if (waiting.length > 0) later();
    }
  };

  const run = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length > 0) running ??= outside(send);
    await running;
  };

  const flush = async (): Promise<void> => {
    if (waiting.length === 0 && !running) return;
    wanted = true;
    await within(breaker.state() === 'half-open' ? TRIAL_MS : WORK_WAITS_MS, run());
  };

  return {
    onStart: () => undefined,
    onEnd: (span) => {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
      const state = breaker.state();
      if (state === 'open') return delivery.drop(1, 'the breaker is open');
      if (waiting.length >= most) return delivery.drop(1, noRoom);
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
      await within(WORK_WAITS_MS, named.exporter.shutdown());
    },
    status: () => ({ ...delivery.status(), waiting: waiting.length + underWay }),
  };
}

/** Waits for work that never rejects or for its time to be over, whichever comes first. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work.catch(() => undefined), over]);
  clearTimeout(timer);
}
