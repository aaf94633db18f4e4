import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { name } from '../attributes.ts';
import { carryCorrelation, correlationOf } from '../carry/correlation.ts';
import type { TraceContext } from '../carry/trace-context.ts';
import { fromTraceContext, toTraceContext } from '../carry/trace-context.ts';
import { type Correlation, correlation, parseCorrelation } from '../correlation.ts';
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
  /** The row's own as well; the baggage of `context` says the rest of whose work it was. */
  correlationId: string | undefined;
}

/** A send under way; exactly one of `accepted` and `refused` ends it. */
export interface Sent {
  /** What goes onto the wire: the place of this very span. */
  readonly context: TraceContext | undefined;
  /** What goes beside it. */
  readonly correlationId: string | undefined;
  accepted(id: string, requestId?: string): void;
  /** `reason` is the service's error code, or what was thrown at the whole call. */
  refused(reason: string, thrown?: unknown): void;
}

/** Starts the PRODUCER span of one entry: many entries leave in one call, but each belongs to its own trace. */
export function startSend(sending: Sending): Sent {
  const { system, destination, about, context } = sending;
  const parent = fromTraceContext(context);
  const whose = whoseOf(sending);
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
    whose,
  );
  return {
    context: carryCorrelation(toTraceContext(trace.setSpan(parent, span)), whose),
    correlationId: whose.correlationId,
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

/** Never a mix of two: what was said by another request than the one that sends it belongs to that one alone. */
function whoseOf({ context, correlationId }: Sending): Correlation {
  if (!context && !correlationId) return correlation();
  return { ...correlationOf(context?.baggage), ...parseCorrelation({ correlationId }) };
}
