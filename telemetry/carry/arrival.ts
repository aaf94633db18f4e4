import { fields } from '../safe/fields.ts';
import { redact } from '../safe/redact.ts';

/** An SQS message as Lambda hands it over (camelCase) or as the SDK's ReceiveMessage gives it; anything may be missing. */
export interface SqsRecordLike {
  messageId?: string | undefined;
  MessageId?: string | undefined;
  body?: string | undefined;
  Body?: string | undefined;
  attributes?: object | undefined;
  Attributes?: object | undefined;
  messageAttributes?: object | undefined;
  MessageAttributes?: object | undefined;
}

/** How a message got here, as far as its record and its envelope say. */
export interface Arrival {
  messageId: string | undefined;
  /** 1 for the first time. */
  receives: number;
  sentAt: Date | undefined;
  firstReceivedAt: Date | undefined;
  /** It comes back from a dead-letter queue. */
  redriven: boolean;
  /** Of the EventBridge envelope, when it is one. */
  event: { id: string | undefined; time: Date | undefined; replayName: string | undefined };
  bytes: number;
}

/** Characters of what a sender may choose freely. */
const MAX_TEXT = 128;

/** The attribute a record gets when a consumer moves it to its dead-letter queue: reason, queue, message id and receives as JSON. */
export const FAILURE_ATTRIBUTE = 'nedlia.failure';

/** Reads what is known about an arrival, texts cut to 128 characters; what is missing or malformed is `undefined`, never an error. */
export function readArrival(record: SqsRecordLike, body: unknown): Arrival {
  const system = fields(record.attributes ?? record.Attributes);
  return {
    messageId: text(record.messageId ?? record.MessageId),
    receives: Math.max(1, Math.trunc(number(system['ApproximateReceiveCount'])) || 1),
    sentAt: moment(number(system['SentTimestamp'])),
    firstReceivedAt: moment(number(system['ApproximateFirstReceiveTimestamp'])),
    redriven:
      system['DeadLetterQueueSourceArn'] !== undefined || messageAttribute(record, FAILURE_ATTRIBUTE) !== undefined,
    event: {
      id: text(fields(body)['id']),
      time: moment(Date.parse(text(fields(body)['time']) ?? '')),
      replayName: text(fields(body)['replay-name']),
    },
    bytes: bytesOf(record.body ?? record.Body),
  };
}

/** A string attribute of a message, in either casing. */
export function messageAttribute(record: SqsRecordLike, name: string): unknown {
  const attribute = fields(fields(record.messageAttributes ?? record.MessageAttributes)[name]);
  return attribute['stringValue'] ?? attribute['StringValue'];
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? redact(value, MAX_TEXT) : undefined);

/** Not `Number(…)` of whatever it is: that asks an object, which may throw. */
const number = (value: unknown): number =>
  typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;

const bytesOf = (body: unknown): number => (typeof body === 'string' ? Buffer.byteLength(body) : 0);

const moment = (milliseconds: number): Date | undefined =>
  milliseconds > 0 && milliseconds < 8.64e15 ? new Date(milliseconds) : undefined;
