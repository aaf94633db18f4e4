import type { MessageAttributeValue, MessageSystemAttributeValue } from '@aws-sdk/client-sqs';
import { CORRELATION_FIELD } from './correlation.ts';
import type { TraceContext } from './trace-context.ts';
import { formatXRay } from './xray.ts';

/** Ten for one message, whoever set them; SQS refuses the eleventh. */
export const MAX_ATTRIBUTES = 10;

/** In the order in which slots are given away. */
const FIELDS = ['traceparent', 'tracestate', 'baggage', CORRELATION_FIELD] as const;

type Attributes = Record<string, MessageAttributeValue>;

/** The attributes of one SQS message, with its place in the trace among them. */
export interface CarriedMessage {
  attributes: Attributes;
  /** `AWSTraceHeader`, which takes none of the ten slots. */
  systemAttributes: Partial<Record<'AWSTraceHeader', MessageSystemAttributeValue>>;
}

/**
 * Puts a context into the attributes of an SQS message: `traceparent` first, `tracestate`, `baggage` and `correlation_id`
 * while slots are left. A context that is there already stays whole: nothing of ours is mixed into it.
 */
export function carryInMessage(
  attributes: Attributes,
  context: TraceContext | undefined,
  correlationId?: string,
): CarriedMessage {
  const there = attributes['traceparent']?.StringValue;
  const carried = there === undefined ? context : { traceparent: there };
  const slots = Math.max(0, MAX_ATTRIBUTES - Object.keys(attributes).length);
  const ours = { ...context, [CORRELATION_FIELD]: correlationId };
  const added = there === undefined ? FIELDS.filter((field) => ours[field] && !attributes[field]).slice(0, slots) : [];
  const header = formatXRay(carried);
  return {
    attributes: { ...attributes, ...Object.fromEntries(added.map((field) => [field, text(ours[field])])) },
    systemAttributes: header === undefined ? {} : { AWSTraceHeader: text(header) },
  };
}

const text = (value: string | undefined): MessageAttributeValue => ({ DataType: 'String', StringValue: value });
