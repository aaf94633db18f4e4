import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Deadline } from './deadline.ts';
import { startDeadline } from './deadline.ts';
import type { TraceExporter } from './exporters.ts';

/** `ExportResultCode.SUCCESS` of @opentelemetry/core, which is no dependency of ours. */
const SUCCESS = 0;

/**
 * Hands one batch to an exporter and says what became of it: `undefined` when it was accepted, else why not. Never
 * rejects, and answers in time even when the exporter does not; ours stop then. A connection that was reset is tried again once and
 * at once, in what is left of the time: a socket kept alive that the peer has closed is dead, and a stock exporter's own next attempt
 * would come after 800 ms.
 */
export async function exportOnce(
  exporter: TraceExporter,
  batch: ReadableSpan[],
  timeoutMillis: number,
): Promise<Error | undefined> {
  const deadline = startDeadline(timeoutMillis);
  try {
    const failure = await attempt(exporter, batch, deadline);
    return isReset(failure) && deadline.leftMs() > 0 ? await attempt(exporter, batch, deadline) : failure;
  } finally {
    deadline.done();
  }
}

const attempt = (exporter: TraceExporter, batch: ReadableSpan[], deadline: Deadline): Promise<Error | undefined> => {
  const settled = new Promise<Error | undefined>((resolve) => {
    try {
      const done = ({ code, error }: { code: number; error?: Error }): void =>
        resolve(code === SUCCESS ? undefined : (error ?? new Error('the exporter failed')));
      exporter.export(batch, done, deadline);
    } catch (thrown) {
      resolve(thrown instanceof Error ? thrown : new Error('the exporter threw'));
    }
  });
  return deadline.within(settled).catch(() => deadline.late);
};

const isReset = (failure: Error | undefined): boolean =>
  failure !== undefined && 'code' in failure && (failure.code === 'ECONNRESET' || failure.code === 'EPIPE');
