import type { Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import { context, INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api';

/** The instrumentation scope of every span made here. Asked for each time: a tracer that is kept outlives the provider it came from. */
const tracer = (): Tracer => trace.getTracer('nedlia-telemetry');

/**
 * Starts a span of which the caller promises to call `end`. Never throws: where telemetry itself fails, or was never
 * started, it returns a span that records nothing and hands on its parent's context.
 */
export function startSpan(name: string, options: SpanOptions, parent: Context = context.active()): Span {
  try {
    return tracer().startSpan(name, options, parent);
  } catch {
    return trace.wrapSpanContext((!options.root && trace.getSpanContext(parent)) || INVALID_SPAN_CONTEXT);
  }
}
