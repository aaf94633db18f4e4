import type { Baggage, Context, SpanContext } from '@opentelemetry/api';
import { isSpanContextValid, propagation, trace } from '@opentelemetry/api';
import { formatBaggage, parseBaggage } from './baggage.ts';
import { formatTraceparent, formatTracestate, parseTraceparent } from './traceparent.ts';
import { ROOT } from './root.ts';

/** Where in which trace something was said, as plain data: three W3C strings that fit a column, a field or an attribute. */
export interface TraceContext {
  traceparent: string;
  /** At most 512 bytes. */
  tracestate?: string;
  /** At most 8,192 bytes; never taken in or given out at a public edge. */
  baggage?: string;
}

/** What stands where a context should; nothing in it is believed yet. */
export interface Carrier {
  traceparent: unknown;
  tracestate?: unknown;
  baggage?: unknown;
}

/** The context as data; `undefined` when no span is in it. */
export function toTraceContext(context: Context): TraceContext | undefined {
  const span = trace.getSpanContext(context);
  return span && isSpanContextValid(span) ? write(span, propagation.getBaggage(context)) : undefined;
}

/** What of the data is valid, as it would be written again; nothing without a valid `traceparent`. Never throws. */
export function readTraceContext(carried: Carrier): TraceContext | undefined {
  const span = parseTraceparent(carried.traceparent, carried.tracestate);
  return span && write(span, parseBaggage(carried.baggage));
}

function write(span: SpanContext, carriedBaggage: Baggage | undefined): TraceContext {
  const written: TraceContext = { traceparent: formatTraceparent(span) };
  const tracestate = formatTracestate(span);
  const baggage = carriedBaggage && formatBaggage(carriedBaggage);
  if (tracestate) written.tracestate = tracestate;
  if (baggage) written.baggage = baggage;
  return written;
}

/** Data as a context to be a child of, with nothing else in it. Never throws: what is not valid is as good as absent. */
export function fromTraceContext(carried: Carrier | undefined): Context {
  const span = parseTraceparent(carried?.traceparent, carried?.tracestate);
  if (!span) return ROOT;
  const context = trace.setSpanContext(ROOT, span);
  const baggage = parseBaggage(carried?.baggage);
  return baggage ? propagation.setBaggage(context, baggage) : context;
}
