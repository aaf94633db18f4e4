import type { Correlation } from '../correlation.ts';
import { correlationFields, parseCorrelation, parseCorrelationId } from '../correlation.ts';
import { fields } from '../safe/fields.ts';
import type { SqsRecordLike } from './arrival.ts';
import { messageAttribute } from './arrival.ts';
import { fitsBaggage, MAX_BYTES } from './baggage.ts';
import { TRACE_FIELD } from './entry.ts';
import type { TraceContext } from './trace-context.ts';

/** The message attribute, and the field of an event's detail or a command's body. */
export const CORRELATION_FIELD = 'correlation_id';

/** Ours among the members of a baggage. Valid values need no percent-encoding, so none is read. */
const MEMBER = /(?:^|,)[ \t]*(correlation_id|user_id|operation)[ \t]*=[ \t]*([^,;\s]*)[ \t]*(?=[,;]|$)/g;
const IS_OURS = /^[ \t]*(?:correlation_id|user_id|operation)[ \t]*=/;

/**
 * Whose work a message is. The correlation id of the body wins, then the attribute `correlation_id`, then the baggage,
 * which alone can say user id and operation. Foreign values are dropped unless valid; never throws. Read before `_trace` is taken out.
 */
export function readCorrelation(record: SqsRecordLike, body: unknown): Correlation {
  const envelope = fields(body);
  const detail = fields(envelope['detail']);
  const carried = [messageAttribute(record, 'baggage'), baggageIn(detail), baggageIn(envelope)].map(correlationOf);
  const said = [detail[CORRELATION_FIELD], envelope[CORRELATION_FIELD], messageAttribute(record, CORRELATION_FIELD)];
  const correlationId = said.map(parseCorrelationId).find((id) => id !== undefined);
  return Object.assign({}, ...carried.toReversed(), correlationId && { correlationId }) as Correlation;
}

/** What a baggage says of whose work it is; nothing unless it is valid. */
export function correlationOf(baggage: unknown): Correlation {
  if (typeof baggage !== 'string' || baggage.length > MAX_BYTES) return {};
  const said = Object.fromEntries([...baggage.matchAll(MEMBER)].map(([, key, value]) => [key, value]));
  return parseCorrelation({
    correlationId: said['correlation_id'],
    userId: said['user_id'],
    operation: said['operation'],
  });
}

/**
 * A context that also says whose work it is: as members `correlation_id`, `user_id` and `operation` of its baggage, in
 * place of others of that name. Where W3C's limits leave no room beside what is there, that stays as it was.
 */
export function carryCorrelation(context: TraceContext | undefined, whose: Correlation): TraceContext | undefined {
  const ours = Object.entries(correlationFields(whose)).map(([key, value]) => `${key}=${value}`);
  if (!context || ours.length === 0) return context;
  const others = context.baggage?.split(',').filter((member) => !IS_OURS.test(member)) ?? [];
  const baggage = [...ours, ...others].join(',');
  return fitsBaggage(baggage, ours.length + others.length) ? { ...context, baggage } : context;
}

const baggageIn = (holder: Record<string, unknown>): unknown => fields(holder[TRACE_FIELD])['baggage'];
