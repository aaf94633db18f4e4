import assert from 'node:assert/strict';
import { test } from 'node:test';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import {
  beginCorrelation,
  correlation,
  correlationId,
  newCorrelationId,
  parseCorrelationId,
  withCorrelation,
} from '../../telemetry/correlation.ts';
import { correlateEntry, entryContext, withEntry } from '../../telemetry/entry-span.ts';
import { readSampler } from '../../telemetry/sampling/sampler.ts';
import { span } from '../../telemetry/span.ts';
import { startSpan } from '../../telemetry/tracer.ts';
import { only, recordSpans } from '../support/spans.ts';

test('a correlation id is there for the work and all it starts, and nowhere else, also without telemetry', async () => {
  const seen = await Promise.all(
    ['a', 'b', undefined].map((id) =>
      withCorrelation({ correlationId: id }, async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return correlationId();
      }),
    ),
  );
  assert.deepEqual(seen, ['a', 'b', undefined]);
  assert.equal(correlationId(), undefined);
  assert.deepEqual(correlation(), {});
});

test('what is not said is inherited, what is said replaces, and a request or message inherits nothing', () => {
  withCorrelation({ correlationId: 'c-1', userId: 'u-1', operation: 'import' }, () => {
    withCorrelation({ operation: 'import.rows' }, () => {
      assert.deepEqual(correlation(), { correlationId: 'c-1', userId: 'u-1', operation: 'import.rows' });
    });
    beginCorrelation({ correlationId: 'c-2' }, () => assert.deepEqual(correlation(), { correlationId: 'c-2' }));
    assert.equal(correlation().operation, 'import');
  });
});

test('only 1 to 64 safe characters are taken for a correlation id', () => {
  for (const id of ['a', 'A-z_9', 'x'.repeat(64), newCorrelationId()]) assert.equal(parseCorrelationId(id), id);
  for (const not of ['', 'x'.repeat(65), 'a b', 'a\n', 'ä', '<script>', ['a'], undefined, 7]) {
    assert.equal(parseCorrelationId(not), undefined);
  }
});

test('what is none is dropped, not thrown: a person is not a user id', () => {
  const wrong = { correlationId: 'a b', userId: 'ann@shop.example', operation: 'import all of it' };
  assert.deepEqual(withCorrelation(wrong, correlation), {});
  assert.deepEqual(
    withCorrelation({ userId: 7 } as never, () => withCorrelation({ operation: 'a.b-c_1' }, correlation)),
    { operation: 'a.b-c_1' },
  );
});

test('every span started under it says so, whatever its parent', (t) => {
  const spans = recordSpans(t);
  withCorrelation({ correlationId: 'c-1', userId: 'u-1', operation: 'import' }, () => {
    span('a', { size: 1 }, () => span('b', () => 7));
    startSpan('c', {}, ROOT_CONTEXT).end();
  });
  span('outside', () => 7);
  const said = { correlation_id: 'c-1', 'user.id': 'u-1', operation: 'import' };
  assert.deepEqual(only(spans.all(), 'a').attributes, { ...said, size: 1 });
  for (const name of ['b', 'c']) assert.deepEqual(only(spans.all(), name).attributes, said);
  assert.deepEqual(only(spans.all(), 'outside').attributes, {});
});

test('a sampling rule can look for one of them: it is known when a span starts', (t) => {
  const env = { OTEL_TRACES_SAMPLER: 'always_off', TRACE_SAMPLING_RULES: 'correlation_id=order-7:1' };
  const spans = recordSpans(t, readSampler(env));
  for (const correlationId of ['order-6', 'order-7']) withCorrelation({ correlationId }, () => span('asked', () => 7));
  assert.equal(only(spans.all(), 'asked').attributes['correlation_id'], 'order-7');
});

test('what becomes known after the request has begun is on its own span as well, and goes on with what is said', (t) => {
  const spans = recordSpans(t);
  const server = startSpan('POST /things', {}, ROOT_CONTEXT, { correlationId: 'c-1' });
  const said = beginCorrelation({ correlationId: 'c-1' }, () =>
    context.with(withEntry(ROOT_CONTEXT, server), () =>
      correlateEntry({ userId: 'u-1' }, () => span('deeper', () => entryContext())),
    ),
  );
  server.end();
  assert.deepEqual(only(spans.all(), 'POST /things').attributes, { correlation_id: 'c-1', 'user.id': 'u-1' });
  assert.equal(said?.baggage, 'correlation_id=c-1,user_id=u-1');
});
