import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** `ExportResultCode.SUCCESS` of @opentelemetry/core, which is no dependency of ours. */
const SUCCESS = 0;

/**
 * Hands one batch to an exporter and says what became of it: `undefined` when it was accepted, else why not. Never
 * rejects, and answers in time even when the exporter does not. A connection that was reset is tried again once and at
 * once: a socket kept alive over a thaw is dead, and the exporter's own next attempt would come after 800 ms.
 */
export async function exportOnce(
  exporter: SpanExporter,
  batch: ReadableSpan[],
  timeoutMillis: number,
): Promise<Error | undefined> {
  const failure = await attempt(exporter, batch, timeoutMillis);
  return isReset(failure) ? attempt(exporter, batch, timeoutMillis) : failure;
}

const attempt = (exporter: SpanExporter, batch: ReadableSpan[], timeoutMillis: number): Promise<Error | undefined> =>
  new Promise((resolve) => {
    const late = new Error(`no answer within ${timeoutMillis} ms`);
    const timer = setTimeout(() => resolve(late), timeoutMillis).unref();
    const settle = (failure: Error | undefined) => {
      clearTimeout(timer);
      resolve(failure);
    };
    try {
      exporter.export(batch, ({ code, error }: { code: number; error?: Error }) => {
        settle(code === SUCCESS ? undefined : (error ?? new Error('the exporter failed')));
      });
    } catch (thrown) {
      settle(thrown instanceof Error ? thrown : new Error('the exporter threw'));
    }
  });

const isReset = (failure: Error | undefined): boolean =>
  failure !== undefined && 'code' in failure && (failure.code === 'ECONNRESET' || failure.code === 'EPIPE');
