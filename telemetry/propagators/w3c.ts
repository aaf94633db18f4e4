import type { TextMapPropagator } from '@opentelemetry/api';
import { propagation, trace } from '@opentelemetry/api';
import { formatBaggage, parseBaggage } from '../carry/baggage.ts';
import { joined, only } from '../carry/headers.ts';
import { fromTraceContext, toTraceContext } from '../carry/trace-context.ts';

/** `traceparent` and `tracestate`, read and written as our own carriers do it. */
export const traceContext: TextMapPropagator<unknown> = {
  inject: (context, carrier, setter) => {
    const carried = toTraceContext(context);
    if (carried) setter.set(carrier, 'traceparent', carried.traceparent);
    if (carried?.tracestate) setter.set(carrier, 'tracestate', carried.tracestate);
  },
  extract: (context, carrier, getter) => {
    const traceparent = only(getter.get(carrier, 'traceparent'));
    const tracestate = joined(getter.get(carrier, 'tracestate'));
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
    const read = parseBaggage(joined(getter.get(carrier, 'baggage')));
    return read ? propagation.setBaggage(context, read) : context;
  },
  fields: () => ['baggage'],
};
