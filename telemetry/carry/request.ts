import type { Context } from '@opentelemetry/api';
import { ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import { undecided } from '../sampling/sampler.ts';
import { joined, only } from './headers.ts';
import { fromTraceContext } from './trace-context.ts';
import { parseXRay } from './xray.ts';

/** Request headers, their names in lower case, as Node gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Where a caller says it stands: `traceparent` if it is valid, else `X-Amzn-Trace-Id` with Root and Parent, else the
 * root. Never the stock composite, which lets X-Ray overwrite W3C. No baggage: this is a public edge. X-Ray's
 * `Sampled=1` counts as a decision, its `0` never does: our sampler then decides as for a root. Never throws.
 */
export function readRequest(headers: Headers): Context {
  // Node joins two of these with a comma, which no reader here accepts either.
  const traceparent = only(headers['traceparent'])?.trim();
  const tracestate = joined(headers['tracestate']);
  const carried = fromTraceContext(traceparent === undefined ? undefined : { traceparent, tracestate });
  return carried === ROOT_CONTEXT ? readXRay(only(headers['x-amzn-trace-id'])?.trim()) : carried;
}

function readXRay(header: string | undefined): Context {
  const { traceId, spanId, sampled } = parseXRay(header) ?? {};
  if (!traceId || !spanId) return ROOT_CONTEXT;
  const traceFlags = sampled === true ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const parent = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
  return sampled === true ? parent : undecided(parent);
}
