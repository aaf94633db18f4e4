import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cost, costTable, dollars, idle, perMillion } from '../../lib/cost.ts';
import { aWatchedStack } from '../support/watched.ts';

const document = readFileSync(join(import.meta.dirname, '../../docs/deploy.md'), 'utf8');
/** Without the spaces and dashes that only align columns. */
const plain = (markdown: string): string => markdown.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');

for (const [what, items] of Object.entries({ ...idle, 'a million placements': perMillion })) {
  test(`what ${what} costs is in docs/deploy.md as it is computed`, () => {
    assert.ok(plain(document).includes(plain(costTable(items))), `it should be:\n${costTable(items)}`);
  });
}

test('the sum is the sum of what the table says', () => {
  for (const items of [...Object.values(idle), perMillion]) {
    const amounts = [...costTable(items).matchAll(/\| \$([\d.]+) \|$/gm)].map(([, amount]) => Number(amount));
    assert.equal(amounts.length, items.length);
    const sum = amounts.reduce((total, amount) => total + amount, 0);
    assert.ok(Math.abs(sum - cost(items)) < 0.05, `${dollars(sum)} is not ${dollars(cost(items))}`);
  }
});

test('the bill counts as many alarms as there are', () => {
  const alarms = Object.keys(aWatchedStack({ alarms: true }).findResources('AWS::CloudWatch::Alarm')).length;
  assert.equal(idle.prod.find(({ unit }) => unit === 'alarm and month')?.quantity, alarms);
  assert.equal(
    idle.dev.find(({ unit }) => unit === 'alarm and month'),
    undefined,
  );
});
