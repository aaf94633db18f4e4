import type { Span } from '@opentelemetry/api';
import { context, trace } from '@opentelemetry/api';
import { recordFailure } from './safe/failure.ts';
import { startSpan } from './tracer.ts';

/** What a span can say about itself. `undefined` is left out. */
export type Attributes = Record<string, string | number | boolean | string[] | undefined>;

/**
 * Runs a piece of work under a span of its own, which is active while the work runs and ends when it returns, or when
 * the promise it returns settles. What the work throws makes the span ERROR and is thrown on unchanged.
 */
export function span<T>(name: string, work: () => T): T;
export function span<T>(name: string, attributes: Attributes, work: () => T): T;
export function span<T>(name: string, ...rest: [() => T] | [Attributes, () => T]): T {
  const [attributes, work] = rest.length === 1 ? [{}, rest[0]] : rest;
  return runIn(startSpan(name, { attributes }), work);
}

/** Runs work under a span that was started for it, and ends it. What `span` and the edges have in common. */
export function runIn<T>(span: Span, work: () => T, parent = context.active()): T {
  const failed = (thrown: unknown): never => {
    recordFailure(span, thrown);
    span.end();
    throw thrown;
  };
  let result: T;
  try {
    result = context.with(trace.setSpan(parent, span), work);
  } catch (thrown) {
    return failed(thrown);
  }
  if (!isPromise(result)) {
    span.end();
    return result;
  }
  const settled = result.then((value) => {
    span.end();
    return value;
  }, failed);
  // It settles to what the work's own promise settles to, so its type is T again.
  return settled as T;
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/** Adds attributes to the span the current code runs under; nothing happens when there is none. */
export function annotate(attributes: Attributes): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}
