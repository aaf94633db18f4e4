import type { Span } from '@opentelemetry/api';
import { SpanStatusCode } from '@opentelemetry/api';
import { name } from '../attributes.ts';
import { redact } from './redact.ts';

const MAX_MESSAGE = 1024;
const MAX_STACK = 4096;

/** An error as a span or a log line can hold it: bounded, and with secrets masked. */
export interface Failure {
  type: string;
  message: string;
  stack?: string;
}

/** Describes whatever was thrown, an Error or not. Never throws itself, whatever hides behind the error's properties. */
export function describe(thrown: unknown): Failure {
  try {
    if (!(thrown instanceof Error)) return { type: errorType(thrown), message: redact(String(thrown), MAX_MESSAGE) };
    const described = { type: errorType(thrown), message: redact(thrown.message, MAX_MESSAGE) };
    return thrown.stack ? { ...described, stack: redact(thrown.stack, MAX_STACK) } : described;
  } catch {
    return { type: 'unknown', message: '[unprintable]' };
  }
}

/**
 * What went wrong, in a word of low cardinality for `error.type`: the code of a system error before an error's name; for
 * what is no Error, its type. Never throws either.
 */
export function errorType(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return thrown === null ? 'null' : typeof thrown;
    if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
    return thrown.name === 'Error' ? thrown.constructor.name : thrown.name;
  } catch {
    return 'unknown';
  }
}

/** In which trace an error was described last. */
const lastTrace = new WeakMap<object, string>();

/** What a span below was failed by, where that is no object: it has no identity to be known by when it comes by here. */
const describedBelow = new WeakMap<Span, unknown>();

/**
 * Marks a span as failed: `error.type` (`type`, where the caller knows a better word), status ERROR, and the exception as an event. An error that passes through
 * several spans of a trace makes every one of them ERROR, but its stack stands on the innermost only; what is no object is
 * known again by the `parent` it is thrown on to. Never throws.
 */
export function recordFailure(span: Span, thrown: unknown, type?: string, parent?: Span): void {
  const failure = describe(thrown);
  const { message, stack } = failure;
  span.setAttribute(name.errorType, type ?? failure.type);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  if (typeof thrown === 'object' && thrown !== null) {
    const { traceId } = span.spanContext();
    if (lastTrace.get(thrown) === traceId) return;
    lastTrace.set(thrown, traceId);
  } else {
    const isDescribed = describedBelow.has(span) && Object.is(describedBelow.get(span), thrown);
    if (parent) describedBelow.set(parent, thrown);
    if (isDescribed) return;
  }
  span.recordException({ name: failure.type, message, ...(stack && { stack }) });
}
