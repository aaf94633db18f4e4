import type { SpanContext } from '@opentelemetry/api';
import { createTraceState } from '@opentelemetry/api';

/** Asked whether it fits, and not for its groups: those cost more than cutting them out where they always stand. */
const SHAPE = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;
const LENGTH = '00-32323232323232323232323232323232-1616161616161616-22'.length;

/** Sampled and random-trace-id: the flags the specification knows; others are not passed on. */
const KNOWN_FLAGS = 0b11;

/** Both `tracestate` and a later version's `traceparent` are cut off here: W3C asks for at least 512 characters, and no more is ever forwarded. */
const MAX_BYTES = 512;

/**
 * Reads a `traceparent` and the `tracestate` beside it; `undefined` unless it is valid to the letter. A version we do
 * not know yet is read by its first four fields, `ff` and all-zero ids are refused, a bad `tracestate` costs only itself.
 * @see https://www.w3.org/TR/trace-context-2/#versioning-of-traceparent
 */
export function parseTraceparent(traceparent: unknown, tracestate?: unknown): SpanContext | undefined {
  if (typeof traceparent !== 'string' || traceparent.length > MAX_BYTES) return undefined;
  if (tracestate === undefined && traceparent === latest.traceparent) return latest.span;
  if (!SHAPE.test(traceparent) || (traceparent.startsWith('00') && traceparent.length !== LENGTH)) return undefined;
  const traceFlags = Number.parseInt(traceparent.slice(53, 55), 16) & KNOWN_FLAGS;
  const traceState = parseTracestate(tracestate);
  const [traceId, spanId] = [traceparent.slice(3, 35), traceparent.slice(36, 52)];
  const span = { traceId, spanId, traceFlags, isRemote: true, ...(traceState && { traceState }) };
  if (tracestate === undefined) latest = { traceparent, span };
  return span;
}

/** What was read last is mostly read again at once: as a carrier, as a parent, as X-Ray's header. A span context is never changed. */
let latest: { traceparent: string; span?: SpanContext } = { traceparent: '' };

/** The `traceparent` of a span, always version 00. */
export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & KNOWN_FLAGS).toString(16).padStart(2, '0')}`;
}

/** The `tracestate` of a span, or `undefined` when it has none or it is longer than 512 bytes. */
export function formatTracestate({ traceState }: SpanContext): string | undefined {
  const written = traceState?.serialize();
  return written && Buffer.byteLength(written) <= MAX_BYTES ? written : undefined;
}

function parseTracestate(tracestate: unknown) {
  if (typeof tracestate !== 'string' || Buffer.byteLength(tracestate) > MAX_BYTES) return undefined;
  const state = createTraceState(tracestate);
  return state.serialize() === '' ? undefined : state;
}
