import type { TextMapPropagator } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import { AWSXRAY_TRACE_ID_HEADER, AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray';

/**
 * X-Ray's propagator for code in a function: where a carrier brings no span, the invocation's own header, which Lambda
 * keeps in `_X_AMZN_TRACE_ID`, is read in its place. Asked for each time, because every invocation has its own.
 * @see https://opentelemetry.io/docs/specs/semconv/faas/aws-lambda/#aws-x-ray-active-tracing-considerations
 */
export function xrayLambdaPropagator(): TextMapPropagator<unknown> {
  const xray = new AWSXRayPropagator();
  return {
    inject: (context, carrier, setter) => xray.inject(context, carrier, setter),
    extract: (context, carrier, getter) => {
      const read = xray.extract(context, carrier, getter);
      const header = process.env['_X_AMZN_TRACE_ID'];
      if (!header || trace.getSpanContext(read)) return read;
      return xray.extract(context, header, { keys: () => [AWSXRAY_TRACE_ID_HEADER], get: () => header });
    },
    fields: () => xray.fields(),
  };
}
