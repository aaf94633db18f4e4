/** Until when an export may go on: all of its attempts, parts and pauses together. */
export interface Deadline {
  /** Aborted when the time is over, for what knows how to stop. */
  readonly signal: AbortSignal;
  /** What is said then. */
  readonly late: Error;
  /** Negative after a freeze, in which no timer runs. */
  leftMs(): number;
  /** Throws `late` when the time is over. */
  check(): void;
  /** Work that cannot be stopped, left alone when the time is over: rejects with `late` then. */
  within<T>(work: Promise<T>): Promise<T>;
  /** Nothing is left to stop. */
  done(): void;
}

/** Counts from now on, and keeps no process alive. */
export function startDeadline(milliseconds: number): Deadline {
  const controller = new AbortController();
  const { signal } = controller;
  const late = new Error(`no answer within ${milliseconds} ms`);
  const until = Date.now() + milliseconds;
  const timer = setTimeout(() => controller.abort(late), milliseconds).unref();
  const leftMs = () => (signal.aborted ? 0 : until - Date.now());
  const check = () => {
    if (leftMs() <= 0) throw late;
  };
  const within = async <T>(work: Promise<T>): Promise<T> => {
    let stop: (() => void) | undefined;
    const over = new Promise<never>((_resolve, reject) => {
      stop = () => reject(late);
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop);
    });
    try {
      return await Promise.race([work, over]);
    } finally {
      if (stop) signal.removeEventListener('abort', stop);
    }
  };
  return { signal, late, leftMs, check, within, done: () => clearTimeout(timer) };
}
