import type { Context, Span } from '@opentelemetry/api';
import { context, createContextKey, trace } from '@opentelemetry/api';
import type { TraceContext } from './carry/trace-context.ts';
import { toTraceContext } from './carry/trace-context.ts';

const ENTRY = createContextKey('nedlia-telemetry entry span');

/** A context in which the span is both current and the entry: the SERVER or CONSUMER span by which work came into this process. */
export function withEntry(parent: Context, span: Span): Context {
  return trace.setSpan(parent, span).setValue(ENTRY, span);
}

/**
 * The context of the entry span, however deep below it the current code runs: what is said later, by whichever process,
 * hangs below the request or message that caused it. `undefined` outside of both.
 */
export function entryContext(): TraceContext | undefined {
  const active = context.active();
  const span = active.getValue(ENTRY) as Span | undefined;
  return span && toTraceContext(trace.setSpan(active, span));
}
