import type { Context } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import { joined, only } from './headers.ts';
import type { Place } from './place.ts';
import { withPlace } from './place.ts';
import { carriesNothing, readOtherFormats, writeOtherFormats } from './other-formats.ts';
import { fromTraceContext, toTraceContext } from './trace-context.ts';
import { parseXRay } from './xray.ts';
import { ROOT } from './root.ts';

/** Request headers, their names in lower case, as Node gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Where a caller says it stands: `traceparent` if it is valid, else `X-Amzn-Trace-Id` with Root and Parent, else what the
 * further formats of `OTEL_PROPAGATORS` read, else the root. Never the stock composite, which lets X-Ray overwrite W3C. No
 * baggage: this is a public edge. X-Ray's `Sampled=1` counts as a decision, its `0` never does, nor does B3 without a
 * state: our sampler then decides as for a root. Never throws.
 */
export function readRequest(headers: Headers): Context {
  if (carriesNothing()) return ROOT;
  // Node joins two of these with a comma, which no reader here accepts either.
  const traceparent = only(headers['traceparent'])?.trim();
  const tracestate = joined(headers['tracestate']);
  const carried = fromTraceContext(traceparent === undefined ? undefined : { traceparent, tracestate });
  if (carried !== ROOT) return carried;
  const place = readXRay(only(headers['x-amzn-trace-id'])?.trim()) ?? readOtherFormats(headers);
  return place ? withPlace(ROOT, place) : ROOT;
}

/**
 * The headers by which an HTTP request carries a context, names in lower case: `traceparent`, a `tracestate` of at most 512
 * bytes if there is one, and what the further formats of `OTEL_PROPAGATORS` write. No baggage.
 */
export function writeRequest(context: Context): Record<string, string> {
  const span = trace.getSpanContext(context);
  const { traceparent, tracestate } = toTraceContext(context) ?? {};
  if (!span || !traceparent || carriesNothing()) return {};
  const written = Object.entries({ traceparent, tracestate, ...writeOtherFormats(span) });
  return Object.fromEntries(written.filter((header): header is [string, string] => header[1] !== undefined));
}

function readXRay(header: string | undefined): Place | undefined {
  const { traceId, spanId, sampled } = parseXRay(header) ?? {};
  return traceId && spanId ? { traceId, spanId, sampled: sampled || undefined } : undefined;
}
