import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { report } from '../../bench/report.ts';
import { runBench } from '../../bench/run.ts';
import { judge } from '../../bench/section.ts';

const once = { rounds: 1, milliseconds: 10 };
// Inside of the project: the stock variant looks for its packages from there.
const folder = join(import.meta.dirname, '../../.nedlia/bench-test');

test('the benchmark runs every variant of a message, and tells how many spans each makes', async () => {
  const effort = { cold: { rounds: 1 }, message: once, request: once };
  const [section, ...more] = await runBench(['message'], effort, { folder, tell: () => {} });
  assert.ok(section && more.length === 0);
  const spans = Object.fromEntries(section.figures.map(({ name, spans }) => [name, spans.all]));
  assert.deepEqual(spans, {
    without: 0,
    'without, again': 0,
    'ours, disabled': 0,
    ours: 0,
    'ours, export': 11,
    'ours, export each invocation': 11,
    'stock by hand': 0,
    'stock by hand, export': 10,
    stock: 0,
    'stock, export each invocation': 2,
  });
  assert.deepEqual(
    judge(section).map(({ limit }) => limit),
    [2, 8],
  );
  const text = report(section);
  for (const name of Object.keys(spans)) assert.match(text, new RegExp(`^\\| ${name} `, 'm'));
  assert.ok(!existsSync(join(folder, 'postgres')), 'no database for messages');
});
