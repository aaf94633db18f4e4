import type { SpanContext } from '@opentelemetry/api';
import type { Format, Place } from './place.ts';
import { placeOf } from './place.ts';
import { only } from './headers.ts';
import type { Headers } from './request.ts';

const SINGLE = /^([0-9a-f]{32}|[0-9a-f]{16})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/;
const TRACE_ID = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const HEADERS = ['b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-flags'];

/** In one header. Whichever is named, either form is read, this one first. */
export const b3: Format = {
  headers: HEADERS,
  read: (headers) => readSingle(headers) ?? readMultiple(headers),
  write: (span) => ({ b3: `${span.traceId}-${span.spanId}-${sampledOf(span)}` }),
};

/** In several. */
export const b3multi: Format = {
  ...b3,
  write: (span) => ({
    'x-b3-traceid': span.traceId,
    'x-b3-spanid': span.spanId,
    'x-b3-sampled': sampledOf(span),
  }),
};

/** @see https://github.com/openzipkin/b3-propagation#single-header */
function readSingle(headers: Headers): Place | undefined {
  const [, traceId, spanId, state] = SINGLE.exec(only(headers['b3'])?.trim() ?? '') ?? [];
  return traceId && spanId ? placeOf(traceId, spanId, decided(state)) : undefined;
}

/** @see https://github.com/openzipkin/b3-propagation#multiple-headers */
function readMultiple(headers: Headers): Place | undefined {
  const said = (name: string) => only(headers[name])?.trim();
  const [traceId, spanId] = [said('x-b3-traceid') ?? '', said('x-b3-spanid') ?? ''];
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId)) return undefined;
  return placeOf(traceId, spanId, said('x-b3-flags') === '1' ? true : decided(said('x-b3-sampled')));
}

/** `d` is debug: sampled, whoever decides. Older tracers write `true` and `false`. What is neither decides nothing. */
function decided(state = ''): boolean | undefined {
  if (/^(?:1|d|true)$/i.test(state)) return true;
  return /^(?:0|false)$/i.test(state) ? false : undefined;
}

const sampledOf = ({ traceFlags }: SpanContext): string => String(traceFlags & 1);
