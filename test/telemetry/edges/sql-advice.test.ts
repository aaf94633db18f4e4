import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceFor } from '../../../telemetry/edges/sql-advice.ts';
import { growth } from '../../support/cpu.ts';

const select = {
  operation: 'SELECT',
  text: 'select "id" from "placements" as "p" where "p"."video_id" = $1 and "cancelled_at" is null and "range" && $2 limit $3',
};

test('what filters is named, as what may want an index', () => {
  assert.equal(adviceFor(select), 'EXPLAIN (ANALYZE, BUFFERS) it: is there an index on video_id, cancelled_at, range?');
  const lists = { operation: 'DELETE', text: 'DELETE FROM things WHERE kind NOT IN ($1, $2) AND made < $3' };
  assert.match(adviceFor(lists), /index on kind, made\?; with a quick plan it waited for a lock/);
  assert.match(adviceFor({ operation: 'SELECT', text: 'select * from things' }), /does it read a whole table/);
});

test('many rows, a lock, a cancelled statement and a lost session are told by what is known of them', () => {
  assert.match(adviceFor({ ...select, rows: 5000 }), /^5000 rows: read a page at a time/);
  assert.match(adviceFor({ ...select, operation: 'UPDATE', rows: 5000 }), /^5000 rows: change fewer/);
  assert.match(adviceFor({ ...select, code: '55P03' }), /lock.*pg_blocking_pids/);
  assert.match(adviceFor({ ...select, code: '57014' }), /statement_timeout.*EXPLAIN/);
  assert.match(adviceFor({ ...select, code: '08006' }), /session was lost/);
  assert.match(
    adviceFor({ operation: 'INSERT', text: 'insert into things values ($1)' }),
    /lock.*trigger.*foreign key/,
  );
});

test('a long or hostile text costs time as it is long, not as the square of it', () => {
  // As long as is searched, and far longer.
  for (const length of [2400, 1_000_000]) {
    for (const piece of ['"a" ', 'a', ' ', 'a is not ']) {
      const text = (times: number) => `select 1 where a${piece.repeat((times * length) / piece.length)}`;
      const grown = growth((times) => adviceFor({ operation: 'SELECT', text: text(times) }));
      assert.ok(grown < 8, `${length} of ${piece}: ${grown}`);
    }
  }
});
