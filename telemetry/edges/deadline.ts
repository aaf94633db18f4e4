import { log } from '../log.ts';
import { endOpenSpans } from '../open-spans.ts';
import type { Telemetry } from '../start.ts';
import { withInvocation, type LambdaContextLike } from './invocation.ts';

/** For one flush (0.5 s) and the answer of whoever collects. A consumer's own limits (`aws/consume.ts`) have all passed by then. */
const RESERVE_MS = 700;

/**
 * Runs the work of one invocation and exports its spans: after the work, before the process is frozen; and shortly before
 * Lambda would end it for its time-out, when those still open are ended as ERROR, for they would be lost. The work is
 * neither stopped nor waited for by this, and nothing is kept alive.
 */
export async function exportInTime<T>(
  lambda: LambdaContextLike | undefined,
  telemetry: Pick<Telemetry, 'flush'>,
  work: () => Promise<T>,
): Promise<T> {
  const timer = watch(lambda, telemetry);
  try {
    return await withInvocation(lambda ?? {}, async () => work());
  } finally {
    clearTimeout(timer);
    await telemetry.flush();
  }
}

/** A call by hand has no end, or a strange one: then there is nothing to watch. */
function watch(lambda: LambdaContextLike | undefined, telemetry: Pick<Telemetry, 'flush'>): NodeJS.Timeout | undefined {
  const left = lambda?.getRemainingTimeInMillis?.();
  if (left === undefined || !(left > 0 && left < 2 ** 31)) return undefined;
  const reserve = Math.min(RESERVE_MS, left / 2);
  const warn = (): void => {
    const spans = endOpenSpans("the invocation's time was running out");
    if (spans.length === 0) return;
    log.warn("the invocation's time is running out", { left_ms: Math.round(reserve), open_spans: spans.slice(0, 20) });
    void telemetry.flush();
  };
  return setTimeout(warn, left - reserve).unref();
}
