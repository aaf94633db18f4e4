import type { TraceContext } from './trace-context.ts';
import { formatXRay } from './xray.ts';

/** The field of an event's `detail` that travels with it: a rule's target cannot set message attributes, so only this reaches a consumer. */
export const TRACE_FIELD = '_trace';

/** What a PutEvents entry carries of its trace: `_trace` inside the detail, the same place in X-Ray's form beside it. */
export interface CarriedEntry {
  detail: Record<string, unknown>;
  /** At most 500 characters. */
  traceHeader: string | undefined;
}

/** Puts a context into an EventBridge entry; one that is there already stays, the caller's object stays as it was. */
export function carryInEntry(detail: Record<string, unknown>, context: TraceContext | undefined): CarriedEntry {
  const there = detail[TRACE_FIELD];
  if (there !== undefined) return { detail, traceHeader: formatXRay(there as TraceContext) };
  if (context === undefined) return { detail, traceHeader: undefined };
  return { detail: { ...detail, [TRACE_FIELD]: context }, traceHeader: formatXRay(context) };
}
