import type { Publisher } from '../../outbox/publish.ts';
import { log } from '../../telemetry/log.ts';
import { metric } from '../../telemetry/metric.ts';

/** What the story is handed. */
export interface Relays {
  publishLeft: Publisher['publishLeft'];
  /** How long the oldest row has been waiting to be said, in milliseconds; `undefined` when none is. */
  oldestAge: () => Promise<number | undefined>;
  deleteExpired: () => Promise<{ outbox: number; inbox: number; idempotency: number }>;
  /** Milliseconds on any clock that does not run backwards. */
  now?: () => number;
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * A nudge arrived: say whatever was committed but not said, and once an hour delete what is past its retention. The nudges of
 * one batch share one run. Fails when the bus or a queue refused rows, so that the nudge comes back with back-off.
 */
export function relay({ publishLeft, oldestAge, deleteExpired, now = () => performance.now() }: Relays) {
  let cleanedAt = -Infinity;
  let running: { signal: AbortSignal; done: Promise<void> } | undefined;

  const run = async (signal: AbortSignal): Promise<void> => {
    const oldest = (await oldestAge()) ?? 0;
    // Said before the work: a run that ends badly has told how long the oldest waits all the same.
    log.info('outbox looked at', { oldest_ms: oldest, ...metric('OutboxOldestAge', 'Seconds', oldest / 1000) });
    const { published, refused } = await publishLeft(signal);
    // A run that was cut short knows nothing of the rows it did not come to.
    signal.throwIfAborted();
    log.info('outbox relayed', { published, refused, oldest_ms: oldest });

    if (now() - cleanedAt >= HOUR_MS) {
      log.info('expired rows deleted', await deleteExpired());
      cleanedAt = now();
    }
    if (refused > 0) throw new Error(`${refused} outbox rows were refused`);
  };

  return (_nudge: unknown, { signal }: { signal: AbortSignal }): Promise<void> => {
    // Not one whose time is up, though it has not noticed yet: what it leaves would be nobody's.
    if (!running || running.signal.aborted) {
      const mine = { signal, done: run(signal).finally(() => (running = running === mine ? undefined : running)) };
      running = mine;
    }
    return running.done;
  };
}
