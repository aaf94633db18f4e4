import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import { propagation, trace } from '@opentelemetry/api';
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray';
import { formatBaggage, parseBaggage } from './carry/baggage.ts';
import { joined, only } from './carry/headers.ts';
import { fromTraceContext, toTraceContext } from './carry/trace-context.ts';
import type { Environment } from './variables.ts';
import { readNames } from './variables.ts';

const traceContext: TextMapPropagator<unknown> = {
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

const baggage: TextMapPropagator<unknown> = {
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

const propagators: Record<string, () => TextMapPropagator<unknown>[]> = {
  // First in the list is read first and so may be overwritten: X-Ray's reading never wins over W3C's.
  xray: () => [new AWSXRayPropagator()],
  tracecontext: () => [traceContext],
  baggage: () => [baggage],
  none: () => [],
};

const names = {
  here: ['tracecontext', 'baggage', 'xray', 'none'],
  elsewhere: ['b3', 'b3multi', 'jaeger', 'ottrace'],
  otherwise: 'tracecontext,baggage',
};

/**
 * The propagator OpenTelemetry's API hands to code that is not ours, as `OTEL_PROPAGATORS` names it. Our own edges carry
 * what the wire contract says whatever this variable says.
 */
export function readPropagator(env: Environment): TextMapPropagator<unknown> {
  const wanted = readNames(env, 'OTEL_PROPAGATORS', names);
  const chosen = Object.entries(propagators).flatMap(([name, create]) => (wanted.includes(name) ? create() : []));
  return {
    inject: (context: Context, carrier: unknown, setter: TextMapSetter<unknown>) => {
      for (const propagator of chosen) propagator.inject(context, carrier, setter);
    },
    extract: (context: Context, carrier: unknown, getter: TextMapGetter<unknown>) =>
      chosen.reduce((read, propagator) => propagator.extract(read, carrier, getter), context),
    fields: () => chosen.flatMap((propagator) => propagator.fields()),
  };
}
