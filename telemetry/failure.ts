import type { Span } from '@opentelemetry/api';
import { SpanStatusCode } from '@opentelemetry/api';
import { redact } from './redact.ts';

/** An error as a span or a log line can hold it. */
export interface Failure {
  type: string;
  message: string;
  stack?: string;
}

/** Describes whatever was thrown, an Error or not, with secrets masked. Never throws. */
export function describe(thrown: unknown): Failure {
  try {
    if (!(thrown instanceof Error)) return { type: errorType(thrown), message: redact(String(thrown)) };
    const described = { type: errorType(thrown), message: redact(thrown.message) };
    return thrown.stack ? { ...described, stack: redact(thrown.stack) } : described;
  } catch {
    return { type: 'unknown', message: '[unprintable]' };
  }
}

/**
 * What went wrong, in a word of low cardinality for `error.type`: the code of a system error before an error's name; for
 * what is no Error, its type.
 */
export function errorType(thrown: unknown): string {
  if (!(thrown instanceof Error)) return thrown === null ? 'null' : typeof thrown;
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return thrown.name === 'Error' ? thrown.constructor.name : thrown.name;
}

/** Marks a span as failed: the exception as an event, `error.type`, status ERROR. Never throws. */
export function recordFailure(span: Span, thrown: unknown, type?: string): void {
  const failure = describe(thrown);
  const { message, stack } = failure;
  span.recordException({ name: failure.type, message, ...(stack && { stack }) });
  span.setAttribute('error.type', type ?? failure.type);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
