import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray';
import { b3, b3multi } from '../carry/b3.ts';
import { jaeger } from '../carry/jaeger.ts';
import type { Environment } from '../settings/variables.ts';
import { readNames } from '../settings/variables.ts';
import { propagatorOf, uberctx } from './of-format.ts';
import { baggage, traceContext } from './w3c.ts';
import { xrayLambdaPropagator } from './xray-lambda.ts';

const propagators: Record<string, () => TextMapPropagator<unknown>[]> = {
  // First in the list is read first and so may be overwritten: X-Ray's reading never wins over W3C's, nor does any other.
  'xray-lambda': () => [xrayLambdaPropagator()],
  xray: () => [new AWSXRayPropagator()],
  jaeger: () => [propagatorOf(jaeger), uberctx],
  b3multi: () => [propagatorOf(b3multi)],
  b3: () => [propagatorOf(b3)],
  tracecontext: () => [traceContext],
  baggage: () => [baggage],
  none: () => [],
};

const names = {
  here: ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'xray-lambda', 'none'],
  elsewhere: ['ottrace'],
  otherwise: 'tracecontext,baggage',
};

/** What `OTEL_PROPAGATORS` names, for the API's propagator and for the formats of our own HTTP; the one that warns of names nobody knows. */
export const readPropagatorNames = (env: Environment): string[] => readNames(env, 'OTEL_PROPAGATORS', names);

/** The propagator of an environment; see `readPropagatorNames` and `propagatorFor`. */
export const readPropagator = (env: Environment): TextMapPropagator<unknown> => propagatorFor(readPropagatorNames(env));

/**
 * The propagator OpenTelemetry's API hands to code that is not ours. Our own messages carry what the wire contract says
 * whatever is named here, and our HTTP the further formats (`carry/other-formats.ts`).
 */
export function propagatorFor(wanted: readonly string[]): TextMapPropagator<unknown> {
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
