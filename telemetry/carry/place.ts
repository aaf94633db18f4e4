import type { Context, SpanContext } from '@opentelemetry/api';
import { isValidSpanId, isValidTraceId, trace, TraceFlags } from '@opentelemetry/api';
import type { Headers } from './request.ts';
import { undecided } from './undecided.ts';

/** Where somebody stands in which trace, as headers of whatever format say it. */
export interface Place {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16. */
  spanId: string;
  /** `undefined` where the format leaves it open, or what it says is no decision. */
  sampled: boolean | undefined;
}

/** One way of saying a place in headers, their names in lower case. Baggage is another matter. */
export interface Format {
  /** Each header a reader looks at. */
  headers: readonly string[];
  /** Never throws: what is not valid to the letter is as good as absent. */
  read: (headers: Headers) => Place | undefined;
  write: (span: SpanContext) => Record<string, string>;
}

/** A place whose ids may be in capitals or have lost their leading zeros; `undefined` when they are none. */
export function placeOf(trace: string, span: string, sampled: boolean | undefined): Place | undefined {
  const [traceId, spanId] = [trace.toLowerCase().padStart(32, '0'), span.toLowerCase().padStart(16, '0')];
  return isValidTraceId(traceId) && isValidSpanId(spanId) ? { traceId, spanId, sampled } : undefined;
}

/** A context in which a place is the parent. Where nobody has decided about sampling, our sampler does, as for a root. */
export function withPlace(context: Context, { traceId, spanId, sampled }: Place): Context {
  const traceFlags = sampled === true ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const parent = trace.setSpanContext(context, { traceId, spanId, traceFlags, isRemote: true });
  return sampled === undefined ? undecided(parent) : parent;
}
