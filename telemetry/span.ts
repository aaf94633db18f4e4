import type { Span } from '@opentelemetry/api';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { beginCorrelation, correlation } from './correlation.ts';
import { recordFailure } from './safe/failure.ts';
import type { Follower } from './span-follower.ts';
import { followGenerator, isGenerator } from './span-generator.ts';
import { followPromise, isThenable } from './span-promise.ts';
import { startSpan } from './tracer.ts';

/** What a span can say about itself. `undefined` is left out. */
export type Attributes = Record<string, string | number | boolean | string[] | undefined>;

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** What the work is to the outside: `client` asks somebody, `server` is asked, `producer` and `consumer` do so by message. */
export type Kind = keyof typeof KINDS;

export interface SpanAbout {
  /** `<subject>.<verb>`, of low cardinality: what differs from one time to the next is an attribute. */
  name: string;
  /** `internal` unless said. */
  kind?: Kind | undefined;
  attributes?: Attributes | undefined;
}

/**
 * Runs a piece of work under a span of its own, which is active while the work runs and ends when it returns, or when
 * the promise it returns settles. What the work throws makes the span ERROR and is thrown on unchanged. Under a generator,
 * also an asynchronous one, the span stays open until that is at its end, and is active in each of its steps. What the work returns
 * is returned as it is: of a promise with members of its own they are there (`telemetry/span-promise.ts`).
 * @example const price = await span({ name: 'price.ask', kind: 'client' }, () => askFor(product));
 */
export function span<T>(about: string | SpanAbout, work: () => T): T;
export function span<T>(name: string, attributes: Attributes, work: () => T): T;
export function span<T>(about: string | SpanAbout, ...rest: [() => T] | [Attributes, () => T]): T {
  const [attributes, work] = rest.length === 1 ? [undefined, rest[0]] : rest;
  return runIn(beginSpan(typeof about === 'string' ? { name: about, attributes } : about), work);
}

/** Starts a span below the active one, for whoever ends it through `runIn`. */
export const beginSpan = ({ name, kind, attributes = {} }: SpanAbout): Span =>
  startSpan(name, { attributes, ...(kind && { kind: KINDS[kind] }) });

/** Runs work under a span that was started for it, and ends it. What `span` and the edges have in common. */
export function runIn<T>(span: Span, work: () => T, parent = context.active()): T {
  const active = trace.setSpan(parent, span);
  const failed = (thrown: unknown): void => {
    recordFailure(span, thrown, undefined, trace.getSpan(parent));
    span.end();
  };
  let result: T;
  try {
    result = context.with(active, work);
  } catch (thrown) {
    failed(thrown);
    throw thrown;
  }
  const follower = (): Follower => {
    const whose = correlation();
    const inside = <R>(step: () => R): R => beginCorrelation(whose, () => context.with(active, step));
    return { inside, ended: (at) => span.end(at), failed };
  };
  if (isGenerator(result)) return followGenerator(result, follower());
  if (isThenable(result)) return followPromise(result, follower());
  span.end();
  return result;
}

/** Adds attributes to the span the current code runs under; nothing happens when there is none, or when they cannot be read. */
export function annotate(attributes: Attributes): void {
  tell((active) => active.setAttributes(attributes));
}

/**
 * Says on the span the current code runs under that something happened, and when.
 * @example recordEvent('cache.missed', { 'cache.key': key });
 */
export function recordEvent(name: string, attributes?: Attributes): void {
  tell((active) => active.addEvent(name, attributes));
}

/** Marks the span the current code runs under as failed, where the work goes on: what is thrown through a span marks it by itself. */
export function recordError(thrown: unknown): void {
  tell((active) => recordFailure(active, thrown));
}

function tell(what: (active: Span) => unknown): void {
  try {
    const active = trace.getActiveSpan();
    if (active) what(active);
  } catch {
    // What cannot be said is lost; the work goes on.
  }
}
