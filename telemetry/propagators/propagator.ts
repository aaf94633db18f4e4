import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray';
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3';
import { JaegerPropagator } from '@opentelemetry/propagator-jaeger';
import type { Environment } from '../settings/variables.ts';
import { readNames } from '../settings/variables.ts';
import { baggage, traceContext } from './w3c.ts';
import { xrayLambdaPropagator } from './xray-lambda.ts';

const propagators: Record<string, () => TextMapPropagator<unknown>[]> = {
  // First in the list is read first and so may be overwritten: X-Ray's reading never wins over W3C's, nor does any other.
  'xray-lambda': () => [xrayLambdaPropagator()],
  xray: () => [new AWSXRayPropagator()],
  jaeger: () => [new JaegerPropagator()],
  b3multi: () => [new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })],
  b3: () => [new B3Propagator({ injectEncoding: B3InjectEncoding.SINGLE_HEADER })],
  tracecontext: () => [traceContext],
  baggage: () => [baggage],
  none: () => [],
};

const names = {
  here: ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'xray-lambda', 'none'],
  elsewhere: ['ottrace'],
  otherwise: 'tracecontext,baggage',
};

/**
 * The propagator OpenTelemetry's API hands to code that is not ours, as `OTEL_PROPAGATORS` names it. Our own messages carry
 * what the wire contract says whatever this variable says, and our HTTP the further formats it names (`carry/other-formats.ts`).
 */
export function readPropagator(env: Environment): TextMapPropagator<unknown> {
  const wanted = readNames(env, 'OTEL_PROPAGATORS', names);
  const chosen = Object.entries(propagators).flatMap(([name, create]) => (wanted.includes(name) ? create() : []));
  return {
    inject: (context: Context, carrier: unknown, setter: TextMapSetter<unknown>) => {
      for (const propagator of chosen) propagator.inject(context, carrier, setter);
    },
    extract: (context: Context, carrier: unknown, getter: TextMapGetter<unknown>) =>
      chosen.reduce((read, propagator) => keepValid(read, propagator.extract(read, carrier, getter)), context),
    fields: () => chosen.flatMap((propagator) => propagator.fields()),
  };
}

/** What was read, without a span whose ids are none: the stock Jaeger propagator takes any four fields for ids. */
function keepValid(before: Context, read: Context): Context {
  const span = trace.getSpanContext(read);
  if (!span || isSpanContextValid(span)) return read;
  const earlier = trace.getSpan(before);
  return earlier ? trace.setSpan(read, earlier) : trace.deleteSpan(read);
}
