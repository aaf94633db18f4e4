import assert from 'node:assert/strict';
import { test } from 'node:test';
import { span } from '../../telemetry/span.ts';
import { traced } from '../../telemetry/wrap.ts';
import { only, recordSpans } from '../support/spans.ts';

/** True for two types that are the same to the compiler: what a test claims with it is proved by `npm run types`. */
type Same<A, B> = [A, B] extends [B, A] ? true : false;

function area(this: { unit: string }, width: number, height = 1): string {
  return `${width * height} ${this.unit}`;
}

test('a wrapped function does, returns and is called what it was, under a span of its name', (t) => {
  const spans = recordSpans(t);
  const known = Object.assign(area, { version: 7 });
  const wrapped = traced(known);
  const same: Same<typeof wrapped, typeof known> = true;
  assert.equal(same, true);
  assert.equal(wrapped.call({ unit: 'm2' }, 2, 3), '6 m2');
  const room = { unit: 'm2', area: wrapped };
  assert.equal(room.area(2), '2 m2');
  assert.deepEqual([wrapped.name, wrapped.length, wrapped.version], ['area', 1, 7]);
  assert.deepEqual(
    spans.all().map(({ name, kind }) => [name, kind]),
    [
      ['area', 'INTERNAL'],
      ['area', 'INTERNAL'],
    ],
  );
});

test('types are kept: of generic, asynchronous and generator functions', () => {
  const first = traced(<T>(values: readonly T[]): T | undefined => values[0]);
  const generic: Same<typeof first, <T>(values: readonly T[]) => T | undefined> = true;
  const load = traced(async (id: string, ...more: number[]) => ({ id, more }));
  const async: Same<typeof load, (id: string, ...more: number[]) => Promise<{ id: string; more: number[] }>> = true;
  const count = traced(function* (to: number): Generator<number, string, boolean> {
    return (yield to) ? 'yes' : 'no';
  });
  const generator: Same<typeof count, (to: number) => Generator<number, string, boolean>> = true;
  assert.deepEqual([generic, async, generator], [true, true, true]);
});

test('name, kind and attributes are said once, or made of the arguments', async (t) => {
  const spans = recordSpans(t);
  const ask = traced(async (product: string, amount: number) => amount * product.length, {
    name: 'price.ask',
    kind: 'client',
    attributes: (product, amount) => ({ 'product.id': product, amount }),
  });
  assert.equal(await ask('pr-1', 3), 12);
  const { kind, attributes } = only(spans.all(), 'price.ask');
  assert.deepEqual([kind, attributes], ['CLIENT', { 'product.id': 'pr-1', amount: 3 }]);
});

test('attributes that cannot be made cost themselves, not the work', (t) => {
  const spans = recordSpans(t);
  const wrapped = traced((text: string) => text.length, {
    name: 'count',
    attributes: (text) => ({ text: decodeURIComponent(text) }),
  });
  assert.equal(wrapped('%'), 1);
  assert.deepEqual(only(spans.all(), 'count').attributes, {});
});

test('wrapped twice is wrapped once', (t) => {
  const spans = recordSpans(t);
  const once = traced(() => 7, { name: 'seven' });
  const twice = traced(once, { name: 'again' });
  assert.equal(twice, once);
  assert.equal(twice(), 7);
  only(spans.all(), 'seven');
});

test('one that fails is thrown out of, with every span on the way ERROR', async (t) => {
  const spans = recordSpans(t);
  const wrapped = traced(() => Promise.reject(new RangeError('too much')), { name: 'fails' });
  await assert.rejects(span('outer', wrapped), RangeError);
  assert.deepEqual(
    ['fails', 'outer'].map((name) => only(spans.all(), name).status),
    ['ERROR', 'ERROR'],
  );
});

test('sloppy functions, methods and functions without a name can be wrapped', (t) => {
  const spans = recordSpans(t);
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- the only way to a sloppy function in a module
  const sloppy = new Function('return typeof arguments') as () => string;
  assert.equal(traced(sloppy)(), 'object');
  assert.equal(traced({ method: () => 7 }.method)(), 7);
  assert.equal(
    traced(
      (
        () => () =>
          7
      )(),
    )(),
    7,
  );
  assert.deepEqual(
    spans.all().map(({ name }) => name),
    ['anonymous', 'method', 'anonymous'],
  );
});
