import { diag } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { log } from '../log.ts';
import { exportOnce } from './attempt.ts';
import type { Breaker, BreakerState } from './breaker.ts';
import type { NamedExporter } from './exporters.ts';
import { kindOf, reasonOf } from './outcome.ts';

/** What became of the spans of one exporter since the start. */
export interface DeliveryStatus {
  exporter: string;
  /** Where it sends, without credentials; absent for an exporter that sends nowhere. */
  target?: string;
  breaker: BreakerState;
  exported: number;
  /** Spans, whatever the reason: no room, the breaker open, a failed export, refused by the backend. */
  dropped: number;
  /** Exports that failed. */
  failed: number;
  /**
   * Of the last export that failed; it stays after a success. `kind` is of few forms and for anybody; `message` is also what a
   * backend said, with secrets masked, and for whoever operates it.
   */
  lastError?: { kind: string; message: string; at: string };
}

/** The last step of spans: what is left of them afterwards is counts. */
export interface Delivery {
  /** Hands a batch to the exporter, unless the breaker is open. A batch that fails is dropped. */
  send(batch: ReadableSpan[]): Promise<void>;
  drop(count: number, why: string): void;
  status(): DeliveryStatus;
}

/** Delivers by one exporter, watched over by a breaker: telemetry may be lost, work may not wait for it. */
export function createDelivery(
  { name, exporter }: NamedExporter,
  { breaker, timeoutMillis }: { breaker: Breaker; timeoutMillis: number },
): Delivery {
  const counts = { exported: 0, dropped: 0, failed: 0 };
  const label = `${name}:`;
  let lastError: DeliveryStatus['lastError'];

  const drop = (count: number, why: string): void => {
    counts.dropped += count;
    // In parts: while the breaker is open this is said of every span, and mostly nobody listens.
    if (count > 0) diag.debug(label, many(count), 'dropped:', why);
  };

  const accepted = (count: number, tookMs: number): void => {
    counts.exported += count;
    diag.debug(label, many(count), `exported in ${Math.round(tookMs)} ms`);
    if (breaker.succeeded()) log.info('telemetry is exported again', { exporter: name, dropped: counts.dropped });
  };

  const failed = (failure: Error, count: number): void => {
    const message = reasonOf(failure);
    counts.failed += 1;
    lastError = { kind: kindOf(failure), message, at: new Date().toISOString() };
    drop(count, message);
    if (breaker.failed()) log.warn('telemetry is not exported for now', { exporter: name, reason: message });
  };

  const send = async (batch: ReadableSpan[]): Promise<void> => {
    if (breaker.state() === 'open') return drop(batch.length, 'the breaker is open');
    const before = exporter.dropped?.() ?? 0;
    const began = performance.now();
    const failure = await exportOnce(exporter, batch, timeoutMillis);
    if (failure) return failed(failure, batch.length);
    // What a backend says it refused is its own word.
    const left = Math.min(batch.length, (exporter.dropped?.() ?? 0) - before);
    drop(left, 'the exporter or its backend refused them');
    accepted(batch.length - left, performance.now() - began);
  };

  return {
    send,
    drop,
    status: () => ({
      exporter: name,
      ...(exporter.target && { target: exporter.target }),
      breaker: breaker.state(),
      ...counts,
      ...(lastError && { lastError }),
    }),
  };
}

const many = (count: number): string => (count === 1 ? '1 span' : `${count} spans`);
