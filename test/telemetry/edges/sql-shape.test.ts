import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shapeOf } from '../../../telemetry/edges/sql-shape.ts';

test('statements that differ in the length of a list, or in their rows, are one shape', () => {
  const pairs = [
    ['select * from "v" where "id" in ($1)', 'select * from "v" where "id" in ($1, $2, $3)'],
    ['insert into "v" ("a", "b") values ($1, $2)', 'insert into "v" ("a", "b") values ($1, $2), ($3, default)'],
    ['select 1 where a in ($1,$2) and b = $3', 'select 1 where a in ($1) and b = $2'],
    ['insert into v values ($1::uuid, null)', 'insert into v values ($1, $2), ($3::text, $4)'],
  ];
  for (const [one = '', other = ''] of pairs) assert.equal(shapeOf(one), shapeOf(other));
});

test('statements that ask for something else are not', () => {
  const shapes = [
    'select * from "v" where "id" = $1',
    'select * from "v" where "id" in ($1)',
    'select * from "v" where "name" = $1',
    'insert into "v" ("a", "b") values ($1, $2)',
    'insert into "v" ("a") values ($1)',
  ].map(shapeOf);
  assert.equal(new Set(shapes).size, shapes.length);
});

test('a list of 60,000 placeholders is taken apart in no time, and a thousand different texts fill no memory', () => {
  const list = Array.from({ length: 60_000 }, (_, index) => `$${index + 1}`).join(', ');
  const began = performance.now();
  assert.ok(shapeOf(`select * from v where id in (${list})`).length <= 10_000);
  assert.ok(shapeOf(`select ${'('.repeat(5000)}?`.repeat(2)).length <= 10_000);
  assert.ok(performance.now() - began < 500);
  for (let index = 0; index < 2000; index += 1) shapeOf(`select ${'x'.repeat(index)}`);
});
