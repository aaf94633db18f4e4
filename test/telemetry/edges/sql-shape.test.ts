import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shapeOf } from '../../../telemetry/edges/sql-shape.ts';
import { growth } from '../../support/cpu.ts';

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

test('a long list is taken apart in time as it is long, and a thousand different texts fill no memory', () => {
  let asked = 0;
  for (const piece of ['$1, ', '(', '(?', ' ', 'null,']) {
    // As long as is searched, and far longer; never the same, which would be remembered.
    for (const length of [2400, 200_000]) {
      const grown = growth((times) => {
        const text = `select ${(asked += 1)} where id in (${piece.repeat((times * length) / piece.length)})`;
        assert.ok(shapeOf(text).length <= 10_000);
      });
      assert.ok(grown < 8, `${length} of ${piece}: ${grown}`);
    }
  }
  for (let index = 0; index < 2000; index += 1) shapeOf(`select ${'x'.repeat(index)}`);
});
