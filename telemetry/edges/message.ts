import type { Attributes, Link } from '@opentelemetry/api';
import { context, isSpanContextValid, SpanKind, trace } from '@opentelemetry/api';
import { name, own } from '../attributes.ts';
import type { Opened } from '../carry/message.ts';
import type { TraceContext } from '../carry/trace-context.ts';
import { fromTraceContext } from '../carry/trace-context.ts';
import { beginCorrelation } from '../correlation.ts';
import { endEntry, withEntry } from '../entry-span.ts';
import { endOpenSpans } from '../open-spans.ts';
import { recordFailure } from '../safe/failure.ts';
import { startSpan } from '../tracer.ts';
import type { Invocation } from './invocation.ts';

/** Marks the message's span as failed without throwing; `type` becomes `error.type`. */
export type Failed = (error: unknown, type?: string) => void;

/** Says that the message's time is up: what still runs below its span then ends with it, as ERROR. */
export type Overdue = () => void;

/**
 * Wraps the processing of one message in its CONSUMER span: a child of the message's own context, never of the
 * invocation, to which it only links. It is active, and the entry, for all that `work` does; a throw marks it and goes on.
 */
export async function traceMessage<T>(
  opened: Opened,
  { queue, invocation }: { queue: string; invocation: Invocation },
  work: (failed: Failed, overdue: Overdue) => Promise<T>,
): Promise<T> {
  const parent = fromTraceContext(opened.carried);
  const links = [linkTo(invocation), linkToCarried(opened.link)].filter((link) => link !== undefined);
  const options = { kind: SpanKind.CONSUMER, links, attributes: describe(opened, queue) };
  const span = startSpan(`process ${queue}`, options, parent, opened.correlation);
  const failed: Failed = (error, type) => recordFailure(span, error, type);
  let late = false;
  const overdue: Overdue = () => {
    late = true;
  };
  try {
    const run = () => context.with(withEntry(parent, span), () => work(failed, overdue));
    return await beginCorrelation(opened.correlation, run);
  } catch (error) {
    failed(error);
    throw error;
  } finally {
    if (late) endOpenSpans("still running when the message's time was up", span.spanContext());
    endEntry(span);
  }
}

/** What is not known is left undefined, which the SDK drops. */
function describe({ arrival, status, xrayTraceId }: Opened, queue: string): Attributes {
  const { messageId, receives, redriven, event, sentAt, firstReceivedAt, bytes } = arrival;
  return {
    [name.messagingSystem]: 'aws.sqs',
    [name.destination]: queue,
    [name.operationName]: 'process',
    [name.operationType]: 'process',
    [name.messageBytes]: bytes,
    [name.messageId]: messageId,
    [own.receiveCount]: receives > 1 ? receives : undefined,
    [own.redriven]: redriven || undefined,
    [own.eventId]: event.id,
    [own.replayName]: event.replayName,
    [own.contextStatus]: status,
    [own.xrayTraceId]: xrayTraceId,
    [own.waitMs]: waited(sentAt?.getTime(), Date.now()),
    [own.firstReceiveMs]: waited(sentAt?.getTime(), firstReceivedAt?.getTime()),
    [own.busMs]: waited(event.time?.getTime(), sentAt?.getTime()),
  };
}

/** Clocks of two machines, and an envelope's `time` counts whole seconds: less than nothing is nothing. */
const waited = (from: number | undefined, to: number | undefined): number | undefined =>
  from === undefined || to === undefined ? undefined : Math.max(0, to - from);

const linkTo = ({ span }: Invocation): Link | undefined => (isSpanContextValid(span) ? { context: span } : undefined);

function linkToCarried(carried: TraceContext | undefined): Link | undefined {
  const span = trace.getSpanContext(fromTraceContext(carried));
  return span ? { context: span } : undefined;
}
