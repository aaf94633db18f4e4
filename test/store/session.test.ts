import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Database, openDatabase, ping, transaction } from '../../store/database.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

const { url, db: admin } = await freshDatabase();

async function sessionOf(db: Database): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
  return rows[0]?.pid ?? 0;
}

/** Until the server knows of it no more, and for a moment in which the client may hear of that. */
async function gone(pid: number): Promise<void> {
  const sessions = () => sql`select from pg_stat_activity where pid = ${pid}`.execute(admin);
  await eventually(async () => (await sessions()).rows.length === 0, 'the end of the session');
  await setTimeout(50);
}

const end = (pid: number) => sql`select pg_terminate_backend(${pid})`.execute(admin);

test('a resting session that the server ends does not end the process, and the next statement has another', async (t) => {
  const db = openDatabase({ url, max: 1 });
  t.after(() => db.destroy());
  const first = await sessionOf(db);
  await end(first);
  await gone(first);
  assert.notEqual(await sessionOf(db), first);
});

test('a session lost between two statements of a transaction does not end the process', async (t) => {
  const db = openDatabase({ url, max: 1 });
  t.after(() => db.destroy());
  let attempts = 0;
  await transaction(db, async (tx) => {
    attempts += 1;
    if (attempts > 1) return;
    const session = await sessionOf(tx);
    await end(session);
    await gone(session);
    await sql`select 2`.execute(tx);
  });
  assert.equal(attempts, 2);
});

test('a session that rested through a freeze is not trusted, whatever timers say', async (t) => {
  const db = openDatabase({ url, max: 1 });
  t.after(() => db.destroy());
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const first = await sessionOf(db);
  t.mock.timers.setTime(Date.now() + 40_000);
  assert.equal(await sessionOf(db), first);
  t.mock.timers.setTime(Date.now() + 46_000);
  assert.notEqual(await sessionOf(db), first);
});

test("the server enforces our limits, beside the URL's own options", async (t) => {
  const own = new URL(url);
  own.searchParams.set('options', '-c work_mem=5MB');
  const db = openDatabase({ url: own.href, transactionTimeoutMs: 8333.33 });
  t.after(() => db.destroy());
  const show = async (name: string) =>
    (await sql<Record<string, string>>`select current_setting(${name}) as value`.execute(db)).rows[0]?.['value'];
  assert.equal(await show('work_mem'), '5MB');
  assert.equal(await show('lock_timeout'), '1s');
  assert.equal(await show('idle_in_transaction_session_timeout'), '10s');
  assert.equal(await show('idle_session_timeout'), '1min');
  assert.equal(await show('transaction_timeout'), '8333ms');
  assert.equal(await show('search_path'), 'nedlia');
});

test('no more sessions than asked for, and work beyond them waits', async (t) => {
  const { url: own } = await freshDatabase(t); // in which no session of another test is about to end
  const db = openDatabase({ url: own, max: 2 });
  t.after(() => db.destroy());
  await Promise.all(Array.from({ length: 20 }, () => ping(db)));
  const { rows } = await sql<{ sessions: number }>`select count(*)::int as sessions from pg_stat_activity
    where datname = current_database() and application_name = 'nedlia'`.execute(db);
  assert.equal(rows[0]?.sessions, 2);
});
