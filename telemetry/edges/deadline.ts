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
    await flush(telemetry);
  }
}

/** A flush that throws would have Lambda bring back messages that are done. */
async function flush(telemetry: Pick<Telemetry, 'flush'>): Promise<void> {
  try {
    await telemetry.flush();
  } catch {
    // Spans may be lost.
  }
}

function watch(lambda: LambdaContextLike | undefined, telemetry: Pick<Telemetry, 'flush'>): NodeJS.Timeout | undefined {
  const left = timeLeft(lambda);
  if (left === undefined) return undefined;
  const reserve = Math.round(Math.min(RESERVE_MS, left / 2));
  const warn = async (): Promise<void> => {
    const spans = endOpenSpans("the invocation's time was running out");
    if (spans.length === 0) return;
    log.warn("the invocation's time is running out", { left_ms: reserve, open_spans: spans.slice(0, 20) });
    await telemetry.flush();
  };
  // What is thrown in a timer would end the process, and the work with it.
  return setTimeout(() => void warn().catch(() => undefined), left - reserve).unref();
}

/** Milliseconds; `undefined` in a call by hand, which has no end, or a strange one. */
function timeLeft(lambda: LambdaContextLike | undefined): number | undefined {
  try {
    const left = lambda?.getRemainingTimeInMillis?.();
    return left !== undefined && left > 0 && left < 2 ** 31 ? left : undefined;
  } catch {
    return undefined;
  }
}
