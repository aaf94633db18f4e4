import { SpanStatusCode } from '@opentelemetry/api';
import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import { name } from './attributes.ts';
import { endEntry } from './entry-span.ts';

/** Started spans in the order of their start, so that a parent comes before its children; the ended ones among them go when there are many. */
let started: Span[] = [];
let most = 128;

const nothing = (): void => undefined;
const done = async (): Promise<void> => undefined;

/**
 * Knows which recorded spans have started and not ended. For functions: Lambda ends a process without a word, and what is open
 * then is never exported. Costs 30 ns a span, of about 900 that the SDK takes to start and end one; a Set of the open
 * ones cost 110 (Node.js 24.21, 40,000 spans, four open at a time).
 */
export const openSpans: SpanProcessor = {
  onStart: (span) => {
    if (started.length >= most) forgetEnded();
    started.push(span);
  },
  onEnd: nothing,
  forceFlush: done,
  shutdown: async () => {
    started = [];
  },
};

function forgetEnded(): void {
  started = started.filter(({ ended }) => !ended);
  most = Math.max(128, 2 * started.length);
}

/**
 * Ends open spans as ERROR with `error.type` `timeout`, children before their parents: all there are, or those below a span
 * (not that span itself). Whoever works under one may go on and end it again: nothing comes of it, no warning either.
 * @returns their names, in the order of their start.
 */
export function endOpenSpans(message: string, below?: { spanId: string }): string[] {
  forgetEnded();
  const late = below ? descendants(below.spanId) : [...started];
  const now = new Date(); // one for all: each span has a clock of its own, up to a millisecond away from its parent's
  for (const span of late.toReversed()) end(span, message, now);
  return late.map((span) => span.name);
}

function descendants(spanId: string): Span[] {
  const parents = new Set([spanId]);
  return started.filter((span) => {
    const isBelow = parents.has(span.parentSpanContext?.spanId ?? '');
    if (isBelow) parents.add(span.spanContext().spanId);
    return isBelow;
  });
}

function end(span: Span, message: string, now: Date): void {
  span.setAttribute(name.errorType, 'timeout').setStatus({ code: SpanStatusCode.ERROR, message });
  endEntry(span, now);
  // The SDK complains of everything that is done to a span that has ended.
  const same = () => span;
  Object.assign(span, { setAttribute: same, setAttributes: same, setStatus: same, updateName: same });
  Object.assign(span, { addEvent: same, addLink: same, addLinks: same, recordException: () => {}, end: () => {} });
}
