import type { Format } from './place.ts';
import { placeOf } from './place.ts';
import { only } from './headers.ts';

const UBER = /^([0-9a-f]{1,32})(?::|%3a)([0-9a-f]{1,16})(?::|%3a)[0-9a-f]{1,16}(?::|%3a)([0-9a-f]{1,2})$/i;

/**
 * Jaeger's `uber-trace-id`: trace, span, a parent nobody uses, flags; its ids may lack leading zeros and its colons may be escaped.
 * @see https://www.jaegertracing.io/docs/1.76/client-libraries/#propagation-format
 */
export const jaeger: Format = {
  headers: ['uber-trace-id'],
  read: (headers) => {
    const [, traceId, spanId, flags] = UBER.exec(only(headers['uber-trace-id'])?.trim() ?? '') ?? [];
    return traceId && spanId && flags ? placeOf(traceId, spanId, (Number.parseInt(flags, 16) & 1) === 1) : undefined;
  },
  write: ({ traceId, spanId, traceFlags }) => ({ 'uber-trace-id': `${traceId}:${spanId}:0:0${traceFlags & 1}` }),
};
