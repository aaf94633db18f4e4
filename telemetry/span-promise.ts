import { AsyncLocalStorage } from 'node:async_hooks';
import { isPromise } from 'node:util/types';
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
  if (!isAwaitedItself(promise)) followThen(promise, follower);
  else if (isPlain(promise)) return settling(promise, follower) as unknown as P;
  else followBeside(promise, follower);
  return promise;
}

/**
 * `await` calls no `then` of a promise whose constructor is `Promise`, not even its own, but that of one whose class overrides it: which
 * may begin the work with it.
 * @see https://tc39.es/ecma262/#sec-promise-resolve
 */
function isAwaitedItself(promise: PromiseLike<unknown>): promise is Promise<unknown> {
  try {
    return isPromise(promise) && (promise.constructor === Promise || promise.then === Promise.prototype.then);
  } catch {
    return false;
  }
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
    void Promise.prototype.then.call(promise, () => ended(), failed);
  } catch {
    // Its class cannot make another of its kind.
    ended();
  }
}

/** The spans of each object that nobody has awaited yet, the innermost first. */
const waiting = new WeakMap<object, (Follower & { returned: Date })[]>();

/**
 * To call the `then` of an object that is no promise may run a query, so it is left to the caller: the first call is followed, by
 * all spans that wait for it. Where none comes in this turn of the event loop nobody awaits it, and its span ends as of when the
 * work returned. Either way the object gets its own `then` back: one that is kept would gain a layer with every span.
 */
function followThen(thenable: PromiseLike<unknown>, follower: Follower): void {
  const spans = waiting.get(thenable) ?? [];
  spans.push({ ...follower, returned: new Date() });
  if (spans.length > 1) return;
  const { inside } = follower;
  const ended = () => spans.forEach((span) => span.ended());
  const failed = (thrown: unknown) => spans.forEach((span) => span.failed(thrown));
  let giveBack: () => boolean;
  try {
    const original = thenable.then.bind(thenable) as (...handlers: Handler[]) => unknown;
    giveBack = replaceThen(thenable, (...[fulfilled, rejected]: Handler[]): unknown => {
      if (!giveBack()) return original(fulfilled, rejected);
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
    });
  } catch {
    // A frozen one cannot be followed.
    ended();
    return;
  }
  waiting.set(thenable, spans);
  setImmediate(() => {
    if (giveBack()) for (const span of spans) span.ended(span.returned);
  });
}

/** @returns what undoes it, unless somebody has replaced ours in turn; `true` the first time it is called. @throws when it cannot be replaced. */
function replaceThen(thenable: PromiseLike<unknown>, ours: (...handlers: Handler[]) => unknown): () => boolean {
  const before = Object.getOwnPropertyDescriptor(thenable, 'then');
  // oxlint-disable-next-line unicorn/no-thenable -- it has one already
  Object.defineProperty(thenable, 'then', { value: ours, configurable: true, writable: true });
  let isBack = false;
  return () => {
    if (isBack) return false;
    isBack = true;
    waiting.delete(thenable);
    try {
      if (Object.getOwnPropertyDescriptor(thenable, 'then')?.value !== ours) return true;
      // oxlint-disable-next-line unicorn/no-thenable -- its own
      if (before) Object.defineProperty(thenable, 'then', before);
      else Reflect.deleteProperty(thenable, 'then');
    } catch {
      // Frozen by now: ours stays, and hands every call on.
    }
    return true;
  };
}
