import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annotate } from '../../telemetry/span.ts';
import { type Records, stage } from '../../telemetry/stage.ts';
import { only, recordSpans } from '../support/spans.ts';

const failing = () =>
  stage('bronze', (records) => {
    records.in(10);
    records.out(4);
    throw new RangeError('row 5');
  });

const counts = ({ attributes }: { attributes: Record<string, unknown> }) =>
  ['in', 'out', 'rejected'].map((which) => attributes[`pipeline.records.${which}`]);

test('a stage is a span that says what came in, went out and was rejected', async (t) => {
  const spans = recordSpans(t);
  const clean = await stage('silver', async (records) => {
    records.in(5);
    records.rejected();
    records.rejected();
    annotate({ source: 'orders' });
    records.out(3);
    return 'clean';
  });
  assert.equal(clean, 'clean');
  assert.deepEqual(only(spans.all(), 'silver').attributes, {
    'pipeline.stage': 'silver',
    'pipeline.records.in': 5,
    'pipeline.records.out': 3,
    'pipeline.records.rejected': 2,
    source: 'orders',
  });
});

test('it may have a name, a kind, attributes and a stage of its own', (t) => {
  const spans = recordSpans(t);
  stage({ stage: 'platinum', name: 'orders.publish', kind: 'producer', attributes: { 'order.count': 1 } }, () => 7);
  const { kind, attributes } = only(spans.all(), 'orders.publish');
  assert.deepEqual([kind, attributes['pipeline.stage'], attributes['order.count']], ['PRODUCER', 'platinum', 1]);
});

test('one that fails says how far it came', (t) => {
  const spans = recordSpans(t);
  assert.throws(failing, RangeError);
  const span = only(spans.all(), 'bronze');
  assert.deepEqual([span.status, ...counts(span)], ['ERROR', 10, 4, 0]);
});

test('a generator counts as it goes', (t) => {
  const spans = recordSpans(t);
  const rows = stage('gold', function* (records) {
    for (const row of [1, 2, 3, 4]) {
      records.in();
      if (row % 2 === 0) {
        records.out();
        yield row;
      } else records.rejected();
    }
  });
  assert.deepEqual([...rows], [2, 4]);
  assert.deepEqual(counts(only(spans.all(), 'gold')), [4, 2, 2]);
});

test('what is no count is not counted, and too late is too late', (t) => {
  const spans = recordSpans(t);
  let kept: Records | undefined;
  stage('bronze', (records) => {
    kept = records;
    for (const none of [0, -1, NaN, undefined]) records.in(none);
  });
  kept?.in(5);
  assert.deepEqual(counts(only(spans.all(), 'bronze')), [1, 0, 0], 'undefined is one');
});

test('without telemetry the work runs', () => {
  assert.equal(
    stage('bronze', (records) => {
      records.in();
      return 7;
    }),
    7,
  );
});
