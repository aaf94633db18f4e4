import { fields } from '../safe/fields.ts';
import type { Arrival, SqsRecordLike } from './arrival.ts';
import { messageAttribute, readArrival } from './arrival.ts';
import type { Correlation } from '../correlation.ts';
import { log } from '../log.ts';
import { readCorrelation } from './correlation.ts';
import { TRACE_FIELD } from './bus-entry.ts';
import type { Carrier, TraceContext } from './trace-context.ts';
import { readTraceContext } from './trace-context.ts';
import { formatTraceparent } from './traceparent.ts';
import { formatRoot, parseXRay } from './xray.ts';

/** A message opened: its body parsed once, its place in a trace taken out. */
export interface Opened {
  /** The JSON without its `_trace`; `undefined` when it is none. */
  body: unknown;
  /** Set when the body is not JSON; repeats nothing of it. */
  parseError: Error | undefined;
  /** What to be a child of; `undefined` starts a new trace. */
  carried: TraceContext | undefined;
  /** What a new trace has to point at. */
  link: TraceContext | undefined;
  /** The X-Ray trace it came with, in X-Ray's form, where that names no span to point at. */
  xrayTraceId?: string | undefined;
  /** Why a new trace has to be started, when the message is to blame. */
  status: 'missing' | 'invalid' | undefined;
  arrival: Arrival;
  /** Whose work it is; known also when the body is none. */
  correlation: Correlation;
}

/** An archive replay of an event older than this gets a trace of its own: the old one is closed, and often deleted. */
const REPLAY_CONTINUES_MS = 24 * 60 * 60 * 1000;

/**
 * Opens an SQS record. The first carrier with a valid `traceparent` wins, in this order: message attributes; `_trace`;
 * CloudEvents' `traceparent`; `metadata` and an SNS envelope. `AWSTraceHeader` is a link at most, because a service
 * without a trace of ours wrote it; one with a Root alone names its trace. Garbage or nothing means a new trace, and `status`
 * says which. Never throws: what comes with a message is not what it is about.
 */
export function openMessage(record: SqsRecordLike, now = Date.now()): Opened {
  const { body, parseError } = parse(record.body ?? record.Body);
  let around: Around;
  try {
    around = readAround(record, body, now);
  } catch (error) {
    log.warn('what came with a message could not be read; the message is worked on without it', { error });
    around = unread(record.messageId ?? record.MessageId);
  }
  return { ...around, body: withoutTrace(body), parseError };
}

type Around = Omit<Opened, 'body' | 'parseError'>;

function readAround(record: SqsRecordLike, body: unknown, now: number): Around {
  const { inBand, isAnyThere } = readInBand(record, body);
  const arrival = readArrival(record, body);
  const base = { arrival, correlation: readCorrelation(record, body) };
  if (inBand && isOldReplay(arrival, now)) return { ...base, carried: undefined, link: inBand, status: undefined };
  if (inBand) return { ...base, carried: inBand, link: undefined, status: undefined };
  return { ...base, carried: undefined, ...xrayOf(record), status: isAnyThere ? 'invalid' : 'missing' };
}

const unread = (messageId: string | undefined): Around => ({
  carried: undefined,
  link: undefined,
  status: 'invalid',
  arrival: { ...readArrival({}, undefined), messageId },
  correlation: {},
});

function parse(text: unknown): Pick<Opened, 'body' | 'parseError'> {
  try {
    return { body: JSON.parse(text as string) as unknown, parseError: undefined };
  } catch {
    // The parser's own message quotes the body, which may hold what no log should.
    return { body: undefined, parseError: new SyntaxError('the body is not JSON') };
  }
}

/** What is looked through. */
interface Places {
  record: SqsRecordLike;
  envelope: Record<string, unknown>;
  detail: Record<string, unknown>;
}

/** Where a context can stand, in the order in which it is looked for. */
const carriers: ((places: Places) => Carrier)[] = [
  ({ record }) => ({
    traceparent: messageAttribute(record, 'traceparent'),
    tracestate: messageAttribute(record, 'tracestate'),
    baggage: messageAttribute(record, 'baggage'),
  }),
  ({ detail }) => traceField(detail),
  ({ envelope }) => traceField(envelope),
  ({ detail }) => withoutBaggage(detail),
  ({ envelope }) => withoutBaggage(envelope),
  ({ detail }) => withoutBaggage(fields(detail['metadata'])),
  ({ envelope }) => {
    const attributes = fields(envelope['MessageAttributes']);
    return {
      traceparent: fields(attributes['traceparent'])['Value'],
      tracestate: fields(attributes['tracestate'])['Value'],
    };
  },
];

/** The first valid context; without one, whether anything stood where it could be. */
function readInBand(record: SqsRecordLike, body: unknown): { inBand?: TraceContext; isAnyThere: boolean } {
  const envelope = fields(body);
  const places = { record, envelope, detail: fields(envelope['detail']) };
  let isAnyThere = false;
  for (const carrierIn of carriers) {
    const carrier = carrierIn(places);
    if (carrier.traceparent === undefined || carrier.traceparent === null) continue;
    isAnyThere = true;
    const inBand = readTraceContext(carrier);
    if (inBand) return { inBand, isAnyThere };
  }
  return { isAnyThere };
}

const traceField = (holder: Record<string, unknown>): Carrier => {
  const there = holder[TRACE_FIELD];
  return typeof there === 'object' && there !== null ? { traceparent: undefined, ...there } : { traceparent: there };
};

/** Baggage is taken only from the two carriers that our own services write. */
const withoutBaggage = ({ traceparent, tracestate }: Record<string, unknown>): Carrier => ({
  traceparent,
  tracestate,
});

/** Copied without the field, and only where it is: `delete` makes an object that is slow for all who read it afterwards. */
function withoutTrace(body: unknown): unknown {
  const envelope = fields(body);
  const detail = fields(envelope['detail']);
  if (TRACE_FIELD in detail) envelope['detail'] = others(detail);
  return TRACE_FIELD in envelope ? others(envelope) : body;
}

const others = ({ [TRACE_FIELD]: _trace, ...rest }: Record<string, unknown>): Record<string, unknown> => rest;

/** A message that was redriven continues its trace always, however long it lay in the dead-letter queue. */
function isOldReplay({ event, redriven }: Arrival, now: number): boolean {
  if (event.replayName === undefined || event.time === undefined || redriven) return false;
  return now - event.time.getTime() > REPLAY_CONTINUES_MS;
}

function xrayOf(record: SqsRecordLike): Pick<Opened, 'link' | 'xrayTraceId'> {
  const header = parseXRay(fields(record.attributes ?? record.Attributes)['AWSTraceHeader']);
  const { spanId } = header ?? {};
  if (!header || !spanId) return { link: undefined, xrayTraceId: header && formatRoot(header.traceId) };
  return { link: { traceparent: formatTraceparent({ ...header, spanId, traceFlags: header.sampled ? 1 : 0 }) } };
}
