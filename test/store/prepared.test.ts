import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { traceStatement } from '../../telemetry/edges/sql.ts';
import { freshDatabase } from '../support/database.ts';
import { only, recordSpans } from '../support/spans.ts';

const { url } = await freshDatabase();
const text = 'select $1::int as answer';
const statement = { server: { address: 'db', port: 5432 }, namespace: 'nedlia', operation: 'SELECT', text };

async function aClient(t: { after(done: () => Promise<void>): void }): Promise<Client> {
  const client = new Client(url);
  await client.connect();
  t.after(() => client.end());
  return client;
}

test('a named prepared statement is sent as it is: planned once, never refused, and each sending has its span', async (t) => {
  const spans = recordSpans(t);
  const client = await aClient(t);
  for (let round = 0; round < 20; round += 1) {
    const answer = await traceStatement({ ...statement, prepared: true }, (sent) =>
      client.query<{ answer: number }>({ name: 'answer', text: sent, values: [round] }),
    );
    assert.equal(answer.rows[0]?.answer, round);
  }
  const { rows } = await client.query('select statement, generic_plans, custom_plans from pg_prepared_statements');
  const [{ generic_plans: generic, custom_plans: custom, ...kept }] = rows as [Record<string, unknown>];
  assert.deepEqual([rows.length, kept], [1, { statement: text }]);
  // PostgreSQL tries a plan of its own five times, then keeps one for all.
  assert.deepEqual([Number(custom), Number(generic)], [5, 15]);
  assert.equal(spans.all().length, 20);
});

test('with the comment the driver refuses the second sending under one name: why there is none', async (t) => {
  const spans = recordSpans(t);
  const client = await aClient(t);
  const send = () => traceStatement(statement, (sent) => client.query({ name: 'answer', text: sent, values: [1] }));
  await send();
  await assert.rejects(send(), /Prepared statements must be unique/);
  assert.equal(spans.all().length, 2);
});

test('an unnamed statement with its comment works as often as it is sent, and leaves nothing prepared', async (t) => {
  const spans = recordSpans(t);
  const client = await aClient(t);
  await traceStatement(statement, (sent) => client.query(sent, [1]));
  only(spans.all(), 'SELECT');
  for (let round = 0; round < 20; round += 1) await traceStatement(statement, (sent) => client.query(sent, [round]));
  const { rows } = await client.query('select 1 from pg_prepared_statements');
  assert.equal(rows.length, 0);
});
