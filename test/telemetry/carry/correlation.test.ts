import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carryCorrelation, correlationOf } from '../../../telemetry/carry/correlation.ts';
import { openMessage } from '../../../telemetry/carry/message.ts';
import { anEnvelope, aRecord, aTraceparent, stringAttributes } from '../../support/records.ts';

const traceparent = aTraceparent();
const whose = { correlationId: 'order-7', userId: 'u-1', operation: 'things.import' };

test('what a baggage says comes back as it was put there, beside the members of others', () => {
  const carried = carryCorrelation({ traceparent, baggage: 'constructor=1,correlation_id=old;p=1' }, whose);
  assert.equal(carried?.baggage, 'correlation_id=order-7,user_id=u-1,operation=things.import,constructor=1');
  assert.deepEqual(correlationOf(carried.baggage), whose);
  assert.deepEqual(correlationOf('a=1 ,\tuser_id = u-2;p=1 , correlation_id=c-2'), {
    correlationId: 'c-2',
    userId: 'u-2',
  });
});

test('a baggage that has no room left stays as it was', () => {
  for (const baggage of [
    `tenant=${'x'.repeat(8180)}`,
    Array.from({ length: 62 }, (_, index) => `k${index}=1`).join(','),
  ]) {
    assert.deepEqual(carryCorrelation({ traceparent, baggage }, whose), { traceparent, baggage });
  }
});

test('without a correlation, or without a context, nothing is added', () => {
  assert.deepEqual(carryCorrelation({ traceparent }, {}), { traceparent });
  assert.equal(carryCorrelation(undefined, whose), undefined);
});

test('foreign values that are none are dropped: addresses, spaces, what is encoded or too long, what is no text', () => {
  for (const value of ['a@b.example', 'a b', '%41', '', 'x'.repeat(65), '<script>']) {
    assert.deepEqual(correlationOf(`user_id=${value}`), {}, value);
  }
  for (const baggage of [undefined, 7, {}, [], `${'x'.repeat(8193)},user_id=u-1`, 'not_user_id=u-1', 'a=user_id=u-1']) {
    assert.deepEqual(correlationOf(baggage), {});
  }
});

const detail = { correlation_id: 'of-detail', _trace: { traceparent, baggage: 'correlation_id=of-trace,user_id=u-1' } };
const attributes = { baggage: 'correlation_id=of-baggage,operation=import', correlation_id: 'of-attribute' };

for (const [what, body, messageAttributes, expected] of [
  ['the body of an event wins', anEnvelope(detail), attributes, 'of-detail'],
  ['and that of a command', '{"correlation_id":"of-body"}', attributes, 'of-body'],
  ['then the attribute', '{}', attributes, 'of-attribute'],
  ['then the baggage beside the body', '{}', { baggage: attributes.baggage }, 'of-baggage'],
  ['then the baggage in it', anEnvelope({ _trace: detail._trace }), {}, 'of-trace'],
  ['the baggage also where the trace context is garbage', '{"_trace":{"baggage":"correlation_id=c"}}', {}, 'c'],
  ['a body that is no JSON hides no attribute', '{', attributes, 'of-attribute'],
  ['what is none hides nothing', '{"correlation_id":"a@b"}', { ...attributes, correlation_id: 'ä' }, 'of-baggage'],
  ['nothing is nothing', '{}', {}, undefined],
] as const) {
  test(`reading a message: ${what}`, () => {
    const record = aRecord({ body, messageAttributes: stringAttributes(messageAttributes) });
    assert.equal(openMessage(record).correlation.correlationId, expected);
  });
}

test('user id and operation come from baggage alone, and the one beside the body wins', () => {
  const record = aRecord({ body: anEnvelope(detail), messageAttributes: stringAttributes(attributes) });
  assert.deepEqual(openMessage(record).correlation, {
    correlationId: 'of-detail',
    userId: 'u-1',
    operation: 'import',
  });
  const other = aRecord({ body: '{"user_id":"u-9","operation":"other"}' });
  assert.deepEqual(openMessage(other).correlation, {});
});
