import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context, ContextManager } from '@opentelemetry/api';
import { ROOT } from './carry/root.ts';

const current = new AsyncLocalStorage<Context>();

/**
 * Keeps the active context in Node's AsyncLocalStorage, as `@opentelemetry/context-async-hooks` does. That is CommonJS alone: for its
 * sake a bundle keeps all of OpenTelemetry's API, each module in a wrapper that is read twice. Functions can be bound to a
 * context; event emitters are left as they are, for Node itself gives their listeners the context of whoever caused the event.
 */
export const contextManager: ContextManager = {
  active: () => current.getStore() ?? ROOT,
  with: (context, work, thisArg, ...args) =>
    current.run(context, thisArg === undefined ? work : work.bind(thisArg), ...args),
  bind: (context, target) => (typeof target === 'function' ? bound(context, target) : target),
  enable: () => contextManager,
  disable: () => {
    current.disable();
    return contextManager;
  },
};

/** The same function to whoever looks at it, its number of parameters included. */
function bound<F extends Function>(context: Context, work: F): F {
  const run = function (this: unknown, ...args: unknown[]): unknown {
    return current.run(context, () => work.apply(this, args) as unknown);
  };
  return Object.defineProperty(run, 'length', { value: work.length, configurable: true }) as unknown as F;
}
