import { AsyncLocalStorage } from 'node:async_hooks';
import type { Follower } from './span-follower.ts';

type Handler = ((settled: unknown) => unknown) | null | undefined;

/** True for whatever can be awaited: promises, and objects with a `then` of their own, such as builders of queries. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
  } catch {
    return false;
  }
}

/**
 * Follows a promise until it settles and gives what the work's caller gets: the very object, with all its members, except for
 * a promise that has none of its own. That is answered with another one, so that a rejection nobody handles is
 * still reported as unhandled; for promises with own members, which have to be followed beside, the span alone tells of it.
 */
export function followPromise<P extends PromiseLike<unknown>>(promise: P, follower: Follower): P {
  if (!(promise instanceof Promise) || promise.then !== Promise.prototype.then) followThen(promise, follower);
  else if (isPlain(promise)) return settling(promise, follower) as unknown as P;
  else followBeside(promise, follower);
  return promise;
}

/** Symbols are not asked for: Node puts some of its own on every promise while anybody uses async hooks. */
const isPlain = (promise: Promise<unknown>): boolean =>
  Object.getPrototypeOf(promise) === Promise.prototype && Object.getOwnPropertyNames(promise).length === 0;

const settling = (promise: Promise<unknown>, { ended, failed }: Follower): Promise<unknown> =>
  promise.then(
    (value) => {
      ended();
      return value;
    },
    (thrown: unknown) => {
      failed(thrown);
      throw thrown;
    },
  );

function followBeside(promise: Promise<unknown>, { ended, failed }: Follower): void {
  try {
    promise.then(() => ended(), failed);
  } catch {
    // Its class cannot make another of its kind.
    ended();
  }
}

/**
 * To call the `then` of an object that is no promise may run a query, so it is left to the caller: the first call is followed.
 * Where none comes in this turn of the event loop nobody awaits it, and its span ends as of when the work returned.
 */
function followThen(thenable: PromiseLike<unknown>, { inside, ended, failed }: Follower): void {
  const returned = new Date();
  let asked = false;
  try {
    const original = thenable.then.bind(thenable) as (...handlers: Handler[]) => unknown;
    const followed = (...[fulfilled, rejected]: Handler[]): unknown => {
      if (asked) return original(fulfilled, rejected);
      asked = true;
      const outside = AsyncLocalStorage.snapshot();
      const kept = (value: unknown) => {
        ended();
        return fulfilled ? outside(fulfilled, value) : value;
      };
      const broken = (thrown: unknown) => {
        failed(thrown);
        if (rejected) return outside(rejected, thrown);
        throw thrown;
      };
      try {
        return inside(() => original(kept, broken));
      } catch (thrown) {
        failed(thrown);
        throw thrown;
      }
    };
    // oxlint-disable-next-line unicorn/no-thenable -- it has one already
    Object.defineProperty(thenable, 'then', { value: followed, configurable: true, writable: true });
  } catch {
    // A frozen one cannot be followed.
    ended();
    return;
  }
  setImmediate(() => {
    if (asked) return;
    asked = true;
    ended(returned);
  });
}
