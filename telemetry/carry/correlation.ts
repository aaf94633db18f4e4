import type { Correlation } from '../correlation.ts';
import { correlationFields, parseCorrelation, parseCorrelationId } from '../correlation.ts';
import { fields } from '../safe/fields.ts';
import type { SqsRecordLike } from './arrival.ts';
import { messageAttribute } from './arrival.ts';
import { fitsBaggage, MAX_BYTES } from './baggage.ts';
import { TRACE_FIELD } from './bus-entry.ts';
import type { TraceContext } from './trace-context.ts';

/** The message attribute, and the field of an event's detail or a command's body. */
export const CORRELATION_FIELD = 'correlation_id';

/** Ours among the members of a baggage; two of a kind count as the last. */
const MEMBERS = new Map<string, keyof Correlation>([
  ['correlation_id', 'correlationId'],
  ['user_id', 'userId'],
  ['operation', 'operation'],
]);

/**
 * Whose work a message is. The correlation id of the body wins, then the attribute `correlation_id`, then the baggage,
 * which alone can say user id and operation. Foreign values are dropped unless valid; never throws. Read before `_trace` is taken out.
 */
export function readCorrelation(record: SqsRecordLike, body: unknown): Correlation {
  const envelope = fields(body);
  const detail = fields(envelope['detail']);
  const carried = {
    ...correlationOf(baggageIn(envelope)),
    ...correlationOf(baggageIn(detail)),
    ...correlationOf(messageAttribute(record, 'baggage')),
  };
  const correlationId =
    parseCorrelationId(detail[CORRELATION_FIELD]) ??
    parseCorrelationId(envelope[CORRELATION_FIELD]) ??
    parseCorrelationId(messageAttribute(record, CORRELATION_FIELD));
  return correlationId ? { ...carried, correlationId } : carried;
}

/** What a baggage says of whose work it is; nothing unless it is valid. Valid values need no percent-encoding, so none is read. */
export function correlationOf(baggage: unknown): Correlation {
  if (typeof baggage !== 'string' || baggage.length > MAX_BYTES) return {};
  const said: Correlation = {};
  for (const member of baggage.split(',')) {
    const key = keyOf(member);
    const [value = ''] = key ? member.slice(member.indexOf('=') + 1).split(';', 1) : [];
    if (key) said[key] = value.trim();
  }
  return parseCorrelation(said);
}

/**
 * A context that also says whose work it is: as members `correlation_id`, `user_id` and `operation` of its baggage, in
 * place of others of that name. Where W3C's limits leave no room beside what is there, that stays as it was.
 */
export function carryCorrelation(context: TraceContext | undefined, whose: Correlation): TraceContext | undefined {
  const ours = Object.entries(correlationFields(whose)).map(([key, value]) => `${key}=${value}`);
  if (!context || ours.length === 0) return context;
  const others = context.baggage?.split(',').filter((member) => !keyOf(member)) ?? [];
  const baggage = [...ours, ...others].join(',');
  return fitsBaggage(baggage, ours.length + others.length) ? { ...context, baggage } : context;
}

const keyOf = (member: string): keyof Correlation | undefined =>
  MEMBERS.get(member.slice(0, Math.max(0, member.indexOf('='))).trim());

const baggageIn = (holder: Record<string, unknown>): unknown => fields(holder[TRACE_FIELD])['baggage'];
