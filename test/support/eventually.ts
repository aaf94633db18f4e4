import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits by looking, every 10 ms, until what it looks for is there, and answers that; throws after `withinMs`, which is for what never
 * comes and no measure of speed.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  what = 'it',
  withinMs = 30_000,
): Promise<Exclude<T, false | 0 | '' | null | undefined>> {
  for (const end = Date.now() + withinMs; ; await sleep(10)) {
    const found = await look();
    if (found) return found as Exclude<T, false | 0 | '' | null | undefined>;
    if (Date.now() > end) throw new Error(`${what}: not within ${withinMs} ms`);
  }
}
