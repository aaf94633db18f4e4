/** A story was still running when its time was up. An ordinary "again". */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

/**
 * Runs work until it settles or its milliseconds are over, whichever is first. Its signal tells it when; work that ignores
 * the signal is left behind, so one that hangs never holds the others of its batch.
 * @throws DeadlineExceeded, or what the work throws.
 */
export async function within<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const overtime = new Promise<never>((_, reject) => {
    const expire = () => {
      const error = new DeadlineExceeded(`not done within ${milliseconds} ms`);
      reject(error);
      controller.abort(error);
    };
    timer = setTimeout(expire, Math.max(0, milliseconds));
  });
  try {
    return await Promise.race([work(controller.signal), overtime]);
  } finally {
    clearTimeout(timer);
  }
}
