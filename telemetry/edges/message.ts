import type { Attributes, Link } from '@opentelemetry/api';
import { context, isSpanContextValid, SpanKind, trace } from '@opentelemetry/api';
import { name, own } from '../attributes.ts';
import type { Opened } from '../carry/message.ts';
import type { TraceContext } from '../carry/trace-context.ts';
import { fromTraceContext } from '../carry/trace-context.ts';
import { withEntry } from '../entry.ts';
import { recordFailure } from '../safe/failure.ts';
import { startSpan } from '../tracer.ts';
import type { Invocation } from './invocation.ts';

/** Marks the message's span as failed without throwing; `type` becomes `error.type`. */
export type Failed = (error: unknown, type?: string) => void;

/**
 * Wraps the processing of one message in its CONSUMER span: a child of the message's own context, never of the
 * invocation, to which it only links. It is active, and the entry, for all that `work` does; a throw marks it and goes on.
 */
export async function traceMessage<T>(
  opened: Opened,
  { queue, invocation }: { queue: string; invocation: Invocation },
  work: (failed: Failed) => Promise<T>,
): Promise<T> {
  const parent = fromTraceContext(opened.carried);
  const links = [linkTo(invocation), linkToCarried(opened.link)].filter((link) => link !== undefined);
  const options = { kind: SpanKind.CONSUMER, links, attributes: describe(opened, queue) };
  const span = startSpan(`process ${queue}`, options, parent);
  const failed: Failed = (error, type) => recordFailure(span, error, type);
  try {
    return await context.with(withEntry(parent, span), () => work(failed));
  } catch (error) {
    failed(error);
    throw error;
  } finally {
    span.end();
  }
}

function describe({ arrival, status }: Opened, queue: string): Attributes {
  const { messageId, receives, redriven, event, sentAt, firstReceivedAt, bytes } = arrival;
  const again = receives > 1;
  return {
    [name.messagingSystem]: 'aws.sqs',
    [name.destination]: queue,
    [name.operationName]: 'process',
    [name.operationType]: 'process',
    [name.messageBytes]: bytes,
    ...(messageId && { [name.messageId]: messageId }),
    ...(again && { [own.receiveCount]: receives }),
    ...(redriven && { [own.redriven]: true }),
    ...(event.id && { [own.eventId]: event.id }),
    ...(event.replayName && { [own.replayName]: event.replayName }),
    ...(status && { [own.contextStatus]: status }),
    ...waited(own.waitMs, sentAt, new Date()),
    ...(again && waited(own.firstReceiveMs, sentAt, firstReceivedAt)),
    ...(event.time && waited(own.busMs, event.time, sentAt)),
  };
}

/** Clocks of two machines, and an envelope's `time` counts whole seconds: less than nothing is nothing. */
const waited = (key: string, from: Date | undefined, to: Date | undefined): Attributes =>
  from && to ? { [key]: Math.max(0, to.getTime() - from.getTime()) } : {};

const linkTo = ({ span }: Invocation): Link | undefined => (isSpanContextValid(span) ? { context: span } : undefined);

function linkToCarried(carried: TraceContext | undefined): Link | undefined {
  const span = trace.getSpanContext(fromTraceContext(carried));
  return span ? { context: span } : undefined;
}
