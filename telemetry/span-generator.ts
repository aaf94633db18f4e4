import type { Follower } from './span-follower.ts';

type AnyGenerator = Generator<unknown, unknown, unknown> | AsyncGenerator<unknown, unknown, unknown>;
type Step = IteratorResult<unknown, unknown>;

/** True for what a generator function returns, asynchronous ones too; not for other iterables. */
export function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const kind = Object.prototype.toString.call(value);
    return kind === '[object Generator]' || kind === '[object AsyncGenerator]';
  } catch {
    return false;
  }
}

/**
 * Follows a generator to its end: returned, thrown or finished. Its own methods are replaced, so that it stays the object
 * it was; one that is left in the middle without `return()`, which `for … of` never does, never ends its span.
 */
export function followGenerator<G extends AnyGenerator>(generator: G, { inside, ended, failed }: Follower): G {
  let over = false;
  const look = (step: Step): Step => {
    if (step.done && !over) {
      over = true;
      ended();
    }
    return step;
  };
  const fail = (thrown: unknown): never => {
    if (!over) {
      over = true;
      failed(thrown);
    }
    throw thrown;
  };
  try {
    for (const method of ['next', 'return', 'throw'] as const) {
      const original = generator[method].bind(generator) as (...values: unknown[]) => Step | Promise<Step>;
      const followed = (...values: unknown[]): Step | Promise<Step> => {
        let step: Step | Promise<Step>;
        try {
          step = inside(() => original(...values));
        } catch (thrown) {
          return fail(thrown);
        }
        return step instanceof Promise ? step.then(look, fail) : look(step);
      };
      Object.defineProperty(generator, method, { value: followed, configurable: true, writable: true });
    }
  } catch {
    // A frozen one cannot be followed.
    ended();
  }
  return generator;
}
