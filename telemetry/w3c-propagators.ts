import type { TextMapPropagator } from '@opentelemetry/api';
import { propagation, trace } from '@opentelemetry/api';
import { formatBaggage, parseBaggage } from './carry/baggage.ts';
import { fromTraceContext, toTraceContext } from './carry/trace-context.ts';

/** `traceparent` and `tracestate`, read and written as our own carriers do it. */
export const traceContext: TextMapPropagator<unknown> = {
  inject: (context, carrier, setter) => {
    const carried = toTraceContext(context);
    if (carried) setter.set(carrier, 'traceparent', carried.traceparent);
    if (carried?.tracestate) setter.set(carrier, 'tracestate', carried.tracestate);
  },
  extract: (context, carrier, getter) => {
    const traceparent = only(getter.get(carrier, 'traceparent'));
    const tracestate = [getter.get(carrier, 'tracestate') ?? []].flat().join(',');
    const span = trace.getSpanContext(fromTraceContext(traceparent ? { traceparent, tracestate } : undefined));
    return span ? trace.setSpanContext(context, span) : context;
  },
  fields: () => ['traceparent', 'tracestate'],
};

/** `baggage`, within W3C's limits. */
export const baggage: TextMapPropagator<unknown> = {
  inject: (context, carrier, setter) => {
    const written = formatBaggage(propagation.getBaggage(context));
    if (written) setter.set(carrier, 'baggage', written);
  },
  extract: (context, carrier, getter) => {
    const read = parseBaggage([getter.get(carrier, 'baggage') ?? []].flat().join(','));
    return read ? propagation.setBaggage(context, read) : context;
  },
  fields: () => ['baggage'],
};

const only = (value: string | string[] | undefined): string | undefined => {
  const values = [value ?? []].flat();
  return values.length === 1 ? values[0] : undefined;
};
