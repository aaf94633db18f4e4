import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedSpan } from './otlp.ts';

/** Where spans can be looked up: the collector of this process, or one elsewhere. */
export interface Spans {
  /** The spans of one trace that have arrived so far, or all that are kept. */
  spans(traceId?: string): ReceivedSpan[] | Promise<ReceivedSpan[]>;
  /**
   * Waits until `enough` holds for what has arrived of a trace.
   * @returns false when `withinMs` have passed or the signal aborted first.
   */
  until(
    traceId: string,
    enough: (spans: ReceivedSpan[]) => boolean,
    withinMs: number,
    signal?: AbortSignal,
  ): Promise<boolean>;
}

/** Waits for spans that can only be looked up, with a pause between two looks. */
export const waitByLooking =
  (spans: Spans['spans'], pauseMs: number): Spans['until'] =>
  async (traceId, enough, withinMs, signal) => {
    for (const deadline = Date.now() + withinMs; ; await sleep(pauseMs)) {
      if (signal?.aborted) return false;
      if (enough(await spans(traceId))) return true;
      if (Date.now() > deadline) return false;
    }
  };

/** Between two looks; a trace's spans are some 50 kB of JSON. */
const PAUSE_MS = 100;

/** Reads a collector of local/collector/collector.ts that runs in another process. */
export function readCollector(endpoint: string): Spans {
  const spans = async (traceId?: string): Promise<ReceivedSpan[]> => {
    const answer = await fetch(`${endpoint}/spans${traceId ? `?trace=${traceId}` : ''}`);
    if (!answer.ok) throw new Error(`the collector at ${endpoint} answered ${answer.status}`);
    return (await answer.json()) as ReceivedSpan[];
  };
  return { spans, until: waitByLooking(spans, PAUSE_MS) };
}
