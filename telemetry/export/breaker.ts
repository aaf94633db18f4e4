/** Closed: exports go out. Open: none does. Half-open: the next one is a trial that decides. */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface Breaker {
  state(): BreakerState;
  /** An export was accepted; returns true when that closed the breaker. */
  succeeded(): boolean;
  /** An export failed; returns true when that opened the breaker, false when it was open or still has patience. */
  failed(): boolean;
}

/** A dead collector costs at most three waits of 500 ms; promised are five. */
const PATIENCE = 3;

/** Milliseconds until a collector that was given up is tried again; promised are 30 s. */
const REST_MS = 20_000;

/** A circuit breaker for one exporter, by wall clock: a frozen function's rest goes on while it is frozen. */
export function createBreaker(now: () => number = Date.now, patience = PATIENCE): Breaker {
  let failures = 0;
  let openedAt: number | undefined;
  return {
    state: () => {
      if (openedAt === undefined) return 'closed';
      return now() - openedAt >= REST_MS ? 'half-open' : 'open';
    },
    succeeded: () => {
      const wasOpen = openedAt !== undefined;
      failures = 0;
      openedAt = undefined;
      return wasOpen;
    },
    failed: () => {
      const wasOpen = openedAt !== undefined;
      failures += 1;
      if (wasOpen || failures >= patience) openedAt = now();
      return !wasOpen && openedAt !== undefined;
    },
  };
}
