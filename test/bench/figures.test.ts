import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interleave, type Figure } from '../../bench/interleave.ts';
import { byOwner, hottest } from '../../bench/profile.ts';
import { judge, noise, type Section } from '../../bench/section.ts';
import { ratios, spread } from '../../bench/statistics.ts';

const flat = (median: number) => ({ median, low: median, high: median });

test('a spread is the median and the quartiles', () => {
  assert.deepEqual(spread([4, 1, 3, 2, 5]), { median: 3, low: 2, high: 4 });
  assert.deepEqual(spread([1, 2]), { median: 1.5, low: 1.25, high: 1.75 });
  assert.throws(() => spread([]), RangeError);
});

test('a ratio is taken round by round, so that a slow minute cancels out', () => {
  assert.deepEqual(ratios([2, 20, 200], [1, 10, 100]), flat(2));
});

test('variants take turns, and each round begins with another one', async () => {
  const order: string[] = [];
  const variant = (name: string, value: number) => ({
    name,
    spans: { all: 0, aws: 0 },
    sample: async () => {
      order.push(name);
      return { value, cpu: value };
    },
  });
  const [base, twice] = await interleave([variant('a', 1), variant('b', 2)], 3, () => {});
  assert.deepEqual(order, ['a', 'b', 'b', 'a', 'a', 'b']);
  assert.deepEqual([base?.ratio, twice?.ratio, twice?.more], [flat(1), flat(2), flat(1)]);
});

const figure = (name: string, ratio: Figure['ratio']): Figure => ({
  name,
  spans: { all: 0, aws: 0 },
  value: flat(1),
  cpu: flat(1),
  ratio,
  cpuRatio: ratio,
  more: flat(0),
  cpuMore: flat(0),
});
const section = (again: Figure['ratio'], ours: number): Section => ({
  name: 'cold start',
  unit: 'ms',
  figures: [figure('without', flat(1)), figure('without, again', again), figure('ours', flat(ours))],
  budgets: [{ variant: 'ours', says: 'cold start', of: 'ratio', limit: 1.1, bound: 'most' }],
  notes: [],
});

test('a budget is judged by the median', () => {
  assert.deepEqual(
    [1.1, 1.2].map((reached) => judge(section(flat(1), reached))[0]?.met),
    [true, false],
  );
});

test('a machine on which the same differs from itself is warned of', () => {
  assert.equal(noise(section({ median: 1.01, low: 0.95, high: 1.06 }, 1)), undefined);
  assert.match(noise(section(flat(1.2), 1)) ?? '', /came to 1\.20 .* too busy/);
  assert.match(noise(section({ median: 1, low: 0.8, high: 1.3 }, 1)) ?? '', /0\.80 to 1\.30/);
});

const frame = (functionName: string, url: string, lineNumber: number) => ({ functionName, url, lineNumber });

test('time in Node belongs to the function of the bundle that asked for it', () => {
  const bundle = '// telemetry/span.ts\nfunction span() {}\n// node_modules/pg/lib/client.js\nfunction query() {}\n';
  const hot = hottest(
    {
      nodes: [
        { id: 1, callFrame: frame('(root)', '', -1), children: [2, 3, 5] },
        { id: 2, callFrame: frame('(idle)', '', -1) },
        { id: 3, callFrame: frame('span', '/b/index.cjs', 1), children: [4] },
        { id: 4, callFrame: frame('run', 'node:async_hooks', 9) },
        { id: 5, callFrame: frame('query', '/b/index.cjs', 3) },
      ],
      samples: [2, 3, 4, 5],
      timeDeltas: [1000, 1, 2, 1],
    },
    bundle,
  );
  assert.deepEqual(hot, [
    { share: 0.75, name: 'span', source: 'telemetry/span.ts' },
    { share: 0.25, name: 'query', source: 'node_modules/pg/lib/client.js' },
  ]);
  assert.deepEqual(byOwner(hot), [
    ['telemetry', 0.75],
    ['pg', 0.25],
  ]);
});
