import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { priceOf, readable, withPrice } from '../support/own-code.ts';
import { only, recordSpans } from '../support/spans.ts';

test('the example in the documentation is code that is compiled, and does what is said there', async (t) => {
  const shown = /## Spans in your own code[^]*?```ts\n([^]*?)```/.exec(
    await readFile('docs/telemetry.md', 'utf8'),
  )?.[1];
  const [, code] = (await readFile('test/support/own-code.ts', 'utf8')).split('to the letter.\n\n');
  assert.equal(shown, code);

  const spans = recordSpans(t);
  const rows = await Promise.all([...readable(['pr1', '??', 'pr22'])].map(withPrice));
  assert.deepEqual(rows, [
    { id: 'pr1', price: 3 },
    { id: 'pr22', price: 4 },
  ]);
  const { attributes } = only(spans.all(), 'rows.read');
  assert.deepEqual([attributes['pipeline.records.in'], attributes['pipeline.records.rejected']], [3, 1]);
  assert.equal(spans.all().filter(({ name }) => name === 'row.complete').length, 2);
  spans.clear();
  await priceOf('pr333');
  const asked = only(spans.all(), 'price.ask');
  assert.deepEqual([asked.kind, asked.events[0]?.name, asked.attributes['price']], ['CLIENT', 'cache.missed', 5]);
});
