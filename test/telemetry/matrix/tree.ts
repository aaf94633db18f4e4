import assert from 'node:assert/strict';
import { only, type RecordedSpan } from '../../support/spans.ts';

const placeOf = (traceparent: string) => {
  const [, traceId = '', spanId = ''] = traceparent.split('-');
  return { traceId, spanId };
};
const linkTo = ({ traceId, spanId }: { traceId: string; spanId: string }) => ({ traceId, spanId });
const statusOf = ({ attributes }: RecordedSpan) => attributes['messaging.trace_context.status'];

/** The span is a child of what was carried, and in its trace. */
export function isBelow(span: RecordedSpan, carried: string): void {
  const { traceId, spanId } = placeOf(carried);
  assert.deepEqual([span.traceId, span.parentId], [traceId, spanId]);
}

/** The message is a child of what it carried, points at the invocation alone, and finds nothing to complain of. */
export function isChild(message: RecordedSpan, carried: string, invocation: RecordedSpan): void {
  isBelow(message, carried);
  assert.deepEqual(message.links, [linkTo(invocation)]);
  assert.equal(statusOf(message), undefined);
}

/** The message begins a trace, says why if it is to blame, and points at the invocation and, if there is one, at what it came with. */
export function beginsTrace(
  message: RecordedSpan,
  status: 'missing' | 'invalid' | undefined,
  invocation: RecordedSpan,
  linked?: string,
): void {
  assert.equal(message.parentId, undefined);
  assert.equal(statusOf(message), status);
  assert.deepEqual(message.links, [linkTo(invocation), ...(linked ? [placeOf(linked)] : [])]);
  assert.notEqual(message.traceId, invocation.traceId);
}

/** The CONSUMER span of a message, found by its work, which has to run right below it and in its trace. */
export function messageOf(spans: RecordedSpan[], thing: string): RecordedSpan {
  const work = only(spans, `work ${thing}`);
  const message = spans.find(({ spanId }) => spanId === work.parentId);
  assert.ok(message, `the work on ${thing} runs below nothing`);
  assert.deepEqual([message.kind, message.name, message.traceId], ['CONSUMER', 'process work', work.traceId]);
  return message;
}

/** The place of a span as it stands on the wire. */
export const traceparentOf = ({ traceId, spanId }: RecordedSpan): string => `00-${traceId}-${spanId}-01`;

/** The same place in X-Ray's form, with what Lambda adds; what is no `traceparent` stays what it is. */
export function xrayOf(traceparent: string, sampled: '0' | '1'): string {
  const { traceId, spanId } = placeOf(traceparent);
  if (!traceparent.startsWith('00-')) return traceparent;
  const root = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
  return `Root=${root};Parent=${spanId};Sampled=${sampled};Lineage=a87bd80c:0`;
}

/** Attributes that somebody else has set on a message. */
export const others = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`other${index}`, 'x']));
