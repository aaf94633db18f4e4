import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correlationId, newCorrelationId, parseCorrelationId, withCorrelation } from '../../telemetry/correlation.ts';

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
});

test('only 1 to 64 safe characters are taken for a correlation id', () => {
  for (const id of ['a', 'A-z_9', 'x'.repeat(64), newCorrelationId()]) assert.equal(parseCorrelationId(id), id);
  for (const not of ['', 'x'.repeat(65), 'a b', 'a\n', 'ä', '<script>', ['a'], undefined, 7]) {
    assert.equal(parseCorrelationId(not), undefined);
  }
});
