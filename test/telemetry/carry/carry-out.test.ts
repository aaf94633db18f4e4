import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { carryInEntry } from '../../../telemetry/carry/bus-entry.ts';
import { carryInMessage } from '../../../telemetry/carry/sqs.ts';
import { aTraceparent } from '../../support/records.ts';

const context = { traceparent: aTraceparent(), tracestate: 'a=1', baggage: 'tenant=blue' };
const traceId = context.traceparent.slice(3, 35);
const text = (StringValue: string) => ({ DataType: 'String', StringValue });

describe('an EventBridge entry', () => {
  it('carries its context inside the detail and in X-Ray form beside it', () => {
    const detail = { a: 1 };
    const carried = carryInEntry(detail, context);
    assert.deepEqual(carried.detail, { a: 1, _trace: context });
    assert.match(carried.traceHeader ?? '', new RegExp(`^Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=`));
    assert.deepEqual(detail, { a: 1 }, 'the caller keeps its own object as it was');
  });

  it('keeps a context that is there already', () => {
    const there = { traceparent: aTraceparent() };
    const carried = carryInEntry({ _trace: there }, context);
    assert.deepEqual(carried.detail, { _trace: there });
    assert.match(carried.traceHeader ?? '', new RegExp(there.traceparent.slice(11, 35)));
  });

  it('is left alone when there is no context', () => {
    assert.deepEqual(carryInEntry({ a: 1 }, undefined), { detail: { a: 1 }, traceHeader: undefined });
  });

  it('whose own trace field is garbage does no harm', () => {
    for (const _trace of [null, 'garbage', 7, []]) {
      assert.deepEqual(carryInEntry({ _trace }, context), { detail: { _trace }, traceHeader: undefined });
    }
  });
});

const others = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`other${index}`, text('x')]));

const saidBeside = (count: number) => carryInMessage(others(count), context, 'order-7').attributes;

describe('an SQS message', () => {
  it('carries its context in its attributes and in AWSTraceHeader', () => {
    const { attributes, systemAttributes } = carryInMessage({}, context);
    assert.deepEqual(attributes, {
      traceparent: text(context.traceparent),
      tracestate: text('a=1'),
      baggage: text('tenant=blue'),
    });
    assert.match(systemAttributes.AWSTraceHeader?.StringValue ?? '', /^Root=1-/);
  });

  it('never has more than ten attributes: traceparent comes first, baggage last', () => {
    const carriedBeside = (count: number) =>
      Object.keys(carryInMessage(others(count), context).attributes).filter((name) => !name.startsWith('other'));
    assert.deepEqual(carriedBeside(7), ['traceparent', 'tracestate', 'baggage']);
    assert.deepEqual(carriedBeside(8), ['traceparent', 'tracestate']);
    assert.deepEqual(carriedBeside(9), ['traceparent']);
    assert.deepEqual(carriedBeside(10), []);
    assert.ok(carryInMessage(others(10), context).systemAttributes.AWSTraceHeader, 'it takes none of the slots');
  });

  it('says its correlation id in what slots are left, also without a trace', () => {
    assert.deepEqual(saidBeside(6)['correlation_id'], text('order-7'));
    assert.equal(saidBeside(7)['correlation_id'], undefined);
    assert.deepEqual(saidBeside(7)['baggage'], text('tenant=blue'));
    assert.deepEqual(carryInMessage({}, undefined, 'order-7').attributes, { correlation_id: text('order-7') });
    const there = { correlation_id: text('theirs') };
    assert.deepEqual(carryInMessage(there, undefined, 'order-7').attributes, there);
  });

  it('keeps a context that is there already, whole', () => {
    const there = { traceparent: text(aTraceparent()) };
    const { attributes, systemAttributes } = carryInMessage(there, context);
    assert.deepEqual(attributes, there);
    assert.match(
      systemAttributes.AWSTraceHeader?.StringValue ?? '',
      new RegExp(there.traceparent.StringValue.slice(11, 35)),
    );
  });

  it('is left alone when there is no context', () => {
    assert.deepEqual(carryInMessage({}, undefined), { attributes: {}, systemAttributes: {} });
  });
});
