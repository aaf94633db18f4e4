import type { Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import { context, INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api';
import { type Correlation, correlation, correlationAttributes } from './correlation.ts';

/** The instrumentation scope of every span made here. Asked for each time: a tracer that is kept outlives the provider it came from. */
const tracer = (): Tracer => trace.getTracer('nedlia-telemetry');

/**
 * Starts a span of which the caller promises to call `end`. It says whose work it is: here and not in a span processor,
 * so that samplers and their rules see it as well. Never throws: where telemetry itself fails, or was never
 * started, it returns a span that records nothing and hands on its parent's context.
 */
export function startSpan(
  name: string,
  options: SpanOptions,
  parent: Context = context.active(),
  whose: Correlation = correlation(),
): Span {
  try {
    if (isEmpty(whose)) return tracer().startSpan(name, options, parent);
    const attributes = { ...correlationAttributes(whose), ...options.attributes };
    return tracer().startSpan(name, { ...options, attributes }, parent);
  } catch {
    return trace.wrapSpanContext((!options.root && trace.getSpanContext(parent)) || INVALID_SPAN_CONTEXT);
  }
}

const isEmpty = ({ correlationId, userId, operation }: Correlation): boolean => !correlationId && !userId && !operation;
