import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContextKey, ROOT_CONTEXT, type Context } from '@opentelemetry/api';
import { ROOT } from '../../../telemetry/carry/root.ts';

const keys = Array.from({ length: 5 }, (_, index) => createContextKey(`key ${index}`));

/** Does the same to both, a hundred times, and looks at every context there ever was. */
test('our context answers as the API’s own does, however long the chain, and never changes', () => {
  let [ours, stock]: [Context, Context] = [ROOT, ROOT_CONTEXT];
  const made: [Context, Context][] = [[ours, stock]];
  for (let step = 0; step < 100; step++) {
    const key = keys[(step * 7) % keys.length] as symbol;
    const change = (context: Context) => (step % 3 === 2 ? context.deleteValue(key) : context.setValue(key, step));
    [ours, stock] = [change(ours), change(stock)];
    made.push([ours, stock]);
  }
  for (const [ours, stock] of made) for (const key of keys) assert.equal(ours.getValue(key), stock.getValue(key));
});
