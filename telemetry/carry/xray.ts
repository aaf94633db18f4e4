import { isValidSpanId, isValidTraceId } from '@opentelemetry/api';
import type { TraceContext } from './trace-context.ts';
import { parseTraceparent } from './traceparent.ts';

/** An X-Ray header (`X-Amzn-Trace-Id`, `AWSTraceHeader`, `TraceHeader`) taken apart. */
export interface XRayHeader {
  /** 32 hexadecimal digits, W3C style. */
  traceId: string;
  /** The parent; a header that a load balancer began has none. */
  spanId: string | undefined;
  /** `undefined` for `Sampled=?` and for none. A foreign `0` is never a sampling decision. */
  sampled: boolean | undefined;
  /** What else it says (`Lineage`, `Self`), in its order. */
  rest: string[];
}

/** EventBridge takes at most 500 characters in `TraceHeader`; SQS is not stricter. */
const MAX_LENGTH = 500;
const ROOT = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i;

/**
 * Reads an X-Ray header; `undefined` without a valid `Root`.
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export function parseXRay(header: unknown): XRayHeader | undefined {
  if (typeof header !== 'string' || header.length > MAX_LENGTH) return undefined;
  const parts = header.split(';').map((part) => part.trim());
  const valueOf = (key: string) => parts.find((part) => part.startsWith(`${key}=`))?.slice(key.length + 1);
  const [, epoch, unique] = ROOT.exec(valueOf('Root') ?? '') ?? [];
  const traceId = `${epoch}${unique}`.toLowerCase();
  if (!epoch || !isValidTraceId(traceId)) return undefined;
  const spanId = valueOf('Parent')?.toLowerCase() ?? '';
  const sampled = valueOf('Sampled');
  return {
    traceId,
    spanId: isValidSpanId(spanId) ? spanId : undefined,
    sampled: sampled === '1' ? true : sampled === '0' ? false : undefined,
    rest: parts.filter((part) => /^(?!(?:Root|Parent|Sampled)=)[A-Za-z]+=/.test(part)),
  };
}

/** A trace id in X-Ray's form, `1-<8 digits>-<24 digits>`. */
export const formatRoot = (traceId: string): string => `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;

/**
 * The same place in the trace, in X-Ray's form, written on top of `beneath`: what that says beside Root, Parent and
 * Sampled is kept, because without its `Lineage` Lambda cannot see that a message goes in circles. In a function the
 * header of its own invocation lies beneath.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
export function formatXRay(
  carried: TraceContext | undefined,
  beneath: string | undefined = process.env['_X_AMZN_TRACE_ID'],
): string | undefined {
  const span = parseTraceparent(carried?.traceparent);
  if (!span) return undefined;
  const header = [`Root=${formatRoot(span.traceId)}`, `Parent=${span.spanId}`, `Sampled=${span.traceFlags & 1}`];
  const whole = [...header, ...(parseXRay(beneath)?.rest ?? [])].join(';');
  return whole.length <= MAX_LENGTH ? whole : header.join(';');
}
