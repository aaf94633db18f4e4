import type { Context, Span, TimeInput } from '@opentelemetry/api';
import { context, createContextKey, trace } from '@opentelemetry/api';
import { carryCorrelation } from './carry/correlation.ts';
import type { TraceContext } from './carry/trace-context.ts';
import { toTraceContext } from './carry/trace-context.ts';
import { type Correlation, correlation, correlationAttributes, withCorrelation } from './correlation.ts';

const ENTRY = createContextKey('nedlia-telemetry entry span');

/** A context in which the span is both current and the entry: the SERVER or CONSUMER span by which work came into this process. */
export function withEntry(parent: Context, span: Span): Context {
  return trace.setSpan(parent, span).setValue(ENTRY, span);
}

/** The span by which the work that runs now came into this process; `undefined` outside of a request or message. */
export const entrySpan = (): Span | undefined => context.active().getValue(ENTRY) as Span | undefined;

const lastWords = new WeakMap<Span, (entry: Span) => void>();

/** Has the last word on an entry span: `say` is called once, right before `endEntry` ends it. A second replaces the first. */
export const beforeEntryEnds = (entry: Span, say: (entry: Span) => void): void => void lastWords.set(entry, say);

/** Ends the span of a request or message, when what is said at its end was said; any other span just ends. */
export function endEntry(span: Span, at?: TimeInput): void {
  lastWords.get(span)?.(span);
  lastWords.delete(span);
  span.end(at);
}

/**
 * Runs work under a correlation that became known only after the request's or message's span had started, as who asks is
 * known after its token was read: the entry span says it as well.
 * @example correlateEntry({ userId: session.subject }, () => answer(request));
 */
export const correlateEntry = <T>(said: Correlation, work: () => T): T =>
  isSaid(said)
    ? work()
    : withCorrelation(said, () => {
        entrySpan()?.setAttributes(correlationAttributes(correlation()));
        return work();
      });

/** A message's correlation id is mostly known by the time its body was judged: then there is nothing to say again. */
function isSaid({ correlationId, userId, operation }: Correlation): boolean {
  const known = correlation();
  return (
    (correlationId === undefined || correlationId === known.correlationId) &&
    (userId === undefined || userId === known.userId) &&
    (operation === undefined || operation === known.operation)
  );
}

/**
 * The context of the entry span, however deep below it the current code runs: what is said later, by whichever process,
 * hangs below the request or message that caused it, and says whose work it was. `undefined` outside of both.
 */
export function entryContext(): TraceContext | undefined {
  const span = entrySpan();
  return span && carryCorrelation(toTraceContext(trace.setSpan(context.active(), span)), correlation());
}
