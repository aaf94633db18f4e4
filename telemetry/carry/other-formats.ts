import type { SpanContext } from '@opentelemetry/api';
import { isValidSpanId, isValidTraceId } from '@opentelemetry/api';
import type { Environment } from '../settings/variables.ts';
import { said } from '../settings/variables.ts';
import { only } from './headers.ts';
import type { Headers } from './request.ts';
import { formatTraceparent } from './traceparent.ts';
import { formatXRay } from './xray.ts';

/** Where a caller stands, as one of these formats says it. */
export interface Place {
  traceId: string;
  spanId: string;
  /** `undefined` where the format leaves it open. */
  sampled: boolean | undefined;
}

interface Format {
  /** `undefined` where X-Ray's own place in the reading order is meant. */
  read?: (headers: Headers) => Place | undefined;
  write: (span: SpanContext) => Record<string, string | undefined>;
}

const B3 = /^([0-9a-f]{32}|[0-9a-f]{16})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/;
const B3_TRACE_ID = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/;
const UBER = /^([0-9a-f]{1,32})(?::|%3a)([0-9a-f]{1,16})(?::|%3a)[0-9a-f]{1,16}(?::|%3a)([0-9a-f]{1,2})$/i;

const isSampled = ({ traceFlags }: SpanContext): string => String(traceFlags & 1);
/** `d` is B3's debug: sampled, whoever decides. */
const decided = (state: string | undefined): boolean | undefined =>
  state === undefined ? undefined : /^(?:1|d|true)$/i.test(state);

/** @see https://github.com/openzipkin/b3-propagation */
function readB3(headers: Headers): Place | undefined {
  const [, traceId, spanId, state] = B3.exec(only(headers['b3'])?.trim() ?? '') ?? [];
  if (traceId && spanId) return place(traceId, spanId, decided(state));
  const multiple = only(headers['x-b3-traceid'])?.trim() ?? '';
  if (!B3_TRACE_ID.test(multiple)) return undefined;
  const debug = only(headers['x-b3-flags'])?.trim() === '1' ? 'd' : undefined;
  return place(multiple, only(headers['x-b3-spanid'])?.trim() ?? '', decided(debug ?? only(headers['x-b3-sampled'])));
}

/** @see https://www.jaegertracing.io/sdk-migration/#propagation-format */
function readUber(headers: Headers): Place | undefined {
  const [, traceId, spanId, flags] = UBER.exec(only(headers['uber-trace-id'])?.trim() ?? '') ?? [];
  return traceId && spanId && flags ? place(traceId, spanId, (Number.parseInt(flags, 16) & 1) === 1) : undefined;
}

function place(traceId: string, spanId: string, sampled: boolean | undefined): Place | undefined {
  const found = { traceId: traceId.toLowerCase().padStart(32, '0'), spanId: spanId.toLowerCase().padStart(16, '0') };
  return isValidTraceId(found.traceId) && isValidSpanId(found.spanId) ? { ...found, sampled } : undefined;
}

const xray: Format = {
  // Without the invocation's `Lineage`: the other side is not ours.
  write: (span) => ({ 'x-amzn-trace-id': formatXRay({ traceparent: formatTraceparent(span) }, '') }),
};

/** Each says the same place in the trace and nothing more: Jaeger's `uberctx-…` is baggage, which no public edge carries. */
const formats: Record<string, Format> = {
  b3: { read: readB3, write: (span) => ({ b3: `${span.traceId}-${span.spanId}-${isSampled(span)}` }) },
  b3multi: {
    read: readB3,
    write: (span) => ({
      'x-b3-traceid': span.traceId,
      'x-b3-spanid': span.spanId,
      'x-b3-sampled': isSampled(span),
    }),
  },
  jaeger: {
    read: readUber,
    write: (span) => ({ 'uber-trace-id': `${span.traceId}:${span.spanId}:0:0${isSampled(span)}` }),
  },
  xray,
  'xray-lambda': xray,
};

const chosen: { none: boolean; formats: Format[] } = { none: false, formats: [] };

/** Reads which formats HTTP carries beside W3C's from `OTEL_PROPAGATORS`; `readPropagator` has warned of names nobody knows. */
export function configureOtherFormats(env: Environment): void {
  const names = (said(env, 'OTEL_PROPAGATORS') ?? '').split(',').map((name) => name.trim().toLowerCase());
  const known = names.filter((name) => name !== '');
  chosen.none = known.length > 0 && known.every((name) => name === 'none');
  chosen.formats = Object.entries(formats).flatMap(([name, format]) => (known.includes(name) ? [format] : []));
}

/** True when `OTEL_PROPAGATORS=none` forbids HTTP to carry any context, in or out. */
export const carriesNothing = (): boolean => chosen.none;

/** The first place one of the chosen formats names. Never throws. */
export function readOtherFormats(headers: Headers): Place | undefined {
  for (const { read } of chosen.formats) {
    const found = read?.(headers);
    if (found) return found;
  }
  return undefined;
}

/** What the chosen formats write of a span, header names in lower case. */
export const writeOtherFormats = (span: SpanContext): Record<string, string | undefined> =>
  chosen.formats.length === 0 ? {} : Object.assign({}, ...chosen.formats.map(({ write }) => write(span)));
