import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { name } from '../attributes.ts';
import type { TraceContext } from '../carry/trace-context.ts';
import { fromTraceContext, toTraceContext } from '../carry/trace-context.ts';
import { recordFailure } from '../safe/failure.ts';
import { startSpan } from '../tracer.ts';

/** One event or command about to be sent. */
export interface Sending {
  system: 'aws.eventbridge' | 'aws.sqs';
  /** Of the bus or queue. */
  destination: string;
  /** Of the event or command; in parentheses in the span's name. */
  about: string | undefined;
  /** What made us say it: the row's own, whoever sends it now. */
  context: TraceContext | undefined;
}

/** A send under way; exactly one of `accepted` and `refused` ends it. */
export interface Sent {
  /** What goes onto the wire: the place of this very span. */
  readonly context: TraceContext | undefined;
  accepted(id: string, requestId?: string): void;
  /** `reason` is the service's error code, or what was thrown at the whole call. */
  refused(reason: string, thrown?: unknown): void;
}

/** Starts the PRODUCER span of one entry: many entries leave in one call, but each belongs to its own trace. */
export function startSend({ system, destination, about, context }: Sending): Sent {
  const parent = fromTraceContext(context);
  const span = startSpan(
    about ? `send ${destination} (${about})` : `send ${destination}`,
    {
      kind: SpanKind.PRODUCER,
      attributes: {
        [name.messagingSystem]: system,
        [name.destination]: destination,
        [name.operationName]: 'send',
        [name.operationType]: 'send',
      },
    },
    parent,
  );
  return {
    context: toTraceContext(trace.setSpan(parent, span)),
    accepted: (id, requestId) => {
      span.setAttributes({ [name.messageId]: id, ...(requestId && { [name.awsRequestId]: requestId }) });
      span.end();
    },
    refused: (reason, thrown) => {
      if (thrown !== undefined) recordFailure(span, thrown, reason);
      else {
        span.setAttribute(name.errorType, reason);
        span.setStatus({ code: SpanStatusCode.ERROR, message: `refused: ${reason}` });
      }
      span.end();
    },
  };
}
