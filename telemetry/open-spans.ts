import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { name } from './attributes.ts';

/** In the order of their start, so that a parent comes before its children. */
const open = new Set<ReadableSpan>();

const nothing = async (): Promise<void> => undefined;

/** Knows which recorded spans have started and not ended. For functions: Lambda ends a process without a word, and what is open then is never exported. */
export const openSpans: SpanProcessor = {
  onStart: (span) => void open.add(span),
  onEnd: (span) => void open.delete(span),
  forceFlush: nothing,
  shutdown: async () => open.clear(),
};

/**
 * Ends open spans as ERROR with `error.type` `timeout`, children before their parents: all there are, or those below a span
 * (itself excepted). Whoever works under one may go on and end it again: nothing comes of it, no warning either.
 * @returns their names, in the order of their start.
 */
export function endOpenSpans(message: string, below?: { spanId: string }): string[] {
  const late = below ? descendants(below.spanId) : [...open];
  for (const span of late.toReversed()) end(span as Span, message);
  return late.map((span) => span.name);
}

function descendants(spanId: string): ReadableSpan[] {
  const parents = new Set([spanId]);
  return [...open].filter((span) => {
    const isBelow = parents.has(span.parentSpanContext?.spanId ?? '');
    if (isBelow) parents.add(span.spanContext().spanId);
    return isBelow;
  });
}

function end(span: Span, message: string): void {
  span.setAttribute(name.errorType, 'timeout').setStatus({ code: SpanStatusCode.ERROR, message }).end();
  // The SDK complains of everything that is done to a span that has ended.
  const same = () => span;
  Object.assign(span, { setAttribute: same, setAttributes: same, setStatus: same, updateName: same });
  Object.assign(span, { addEvent: same, addLink: same, addLinks: same, recordException: () => {}, end: () => {} });
}
