import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { Unavailable } from '../../core/unavailable.ts';
import { type Transaction, transaction } from '../../store/database.ts';
import type { DatabaseError } from '../../store/errors.ts';
import { freshDatabase } from '../support/database.ts';
import { storeMaterial } from '../support/material.ts';

const { db } = await freshDatabase();

/** Fails inside of PostgreSQL with a state that no test can wait for. */
const raise = (tx: Transaction, code: string) =>
  sql.raw(`do $$ begin raise exception 'on purpose' using errcode = '${code}'; end $$`).execute(tx);

const lock = (tx: Transaction, id: string) =>
  tx.updateTable('videos').set({ title: 'locked' }).where('id', '=', id).execute();

const endOwnSession = (tx: Transaction) => sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);

for (const code of ['40001', '40P01', '57P01', '57P05', '08006']) {
  test(`${code} begins the transaction again, from its first statement`, async () => {
    let attempts = 0;
    const result = await transaction(db, async (tx) => {
      attempts += 1;
      await sql`create temporary table if not exists traces_of_it () on commit drop`.execute(tx);
      if (attempts === 1) await raise(tx, code);
      return 'done';
    });
    assert.deepEqual([result, attempts], ['done', 2]);
  });
}

test('a session that an administrator ends is replaced, and the work done once', async () => {
  const { video } = await storeMaterial(db);
  let attempts = 0;
  await transaction(db, async (tx) => {
    attempts += 1;
    await tx
      .updateTable('videos')
      .set({ duration_ms: sql`duration_ms + 1` })
      .where('id', '=', video.id)
      .execute();
    if (attempts === 1) await endOwnSession(tx);
  });
  const row = await db.selectFrom('videos').select('duration_ms').where('id', '=', video.id).executeTakeFirst();
  assert.deepEqual([attempts, row?.duration_ms], [2, video.durationMs + 1]);
});

test('a real deadlock ends with both transactions done', async () => {
  const [a, b] = [await storeMaterial(db), await storeMaterial(db)];
  const both = (first: string, second: string) =>
    transaction(db, async (tx) => {
      await sql`set local lock_timeout = 0`.execute(tx);
      await sql`set local deadlock_timeout = '50ms'`.execute(tx);
      await lock(tx, first);
      await setTimeout(30);
      await lock(tx, second);
    });
  await Promise.all([both(a.video.id, b.video.id), both(b.video.id, a.video.id)]);
});

test('three times and no more, then unavailable', async () => {
  let attempts = 0;
  const hopeless = transaction(db, async (tx) => {
    attempts += 1;
    await raise(tx, '40001');
  });
  await assert.rejects(hopeless, Unavailable);
  assert.equal(attempts, 3);
});

test('what the story throws, a broken rule and what asks for waiting are not tried again', async () => {
  const { place } = await storeMaterial(db);
  await place(0, 1000);
  const tries: [(tx: Transaction) => Promise<unknown>, object][] = [
    [() => Promise.reject(new Error('the story ends here')), { message: 'the story ends here' }],
    [(tx) => raise(tx, '23P01'), { name: 'Overlap' }],
    [(tx) => raise(tx, '23505'), { name: 'Duplicate' }],
    [(tx) => raise(tx, '55P03'), { name: 'Unavailable' }],
    [(tx) => raise(tx, '53300'), { name: 'Unavailable' }],
    [(tx) => raise(tx, '22012'), { name: 'DatabaseError' }],
  ];
  for (const [work, expected] of tries) {
    let attempts = 0;
    const failing = transaction(db, (tx) => {
      attempts += 1;
      return work(tx);
    });
    await assert.rejects(failing, expected);
    assert.equal(attempts, 1);
  }
});

// A deferred constraint trigger runs inside COMMIT: what it does, COMMIT does.
for (const [what, does, code] of [
  ['fails with a serialisation failure', `raise exception 'on purpose' using errcode = '40001'`, '40001'],
  ['loses its session', 'perform pg_terminate_backend(pg_backend_pid())', '57P01'],
] as const) {
  test(`a COMMIT that ${what} is never repeated`, async (t) => {
    const { db } = await freshDatabase(t);
    await sql
      .raw(`create function at_commit() returns trigger language plpgsql as $$ begin ${does}; return null; end $$`)
      .execute(db);
    await sql`create constraint trigger at_commit after insert on videos deferrable initially deferred
      for each row execute function at_commit()`.execute(db);
    let attempts = 0;
    const committed = transaction(db, async (tx) => {
      attempts += 1;
      await tx.insertInto('videos').values({ id: 'v', title: 't', duration_ms: 1 }).execute();
    });
    await assert.rejects(committed, (error: unknown) => {
      assert.ok(error instanceof Unavailable);
      assert.equal((error.cause as DatabaseError).code, code);
      return true;
    });
    assert.equal(attempts, 1);
  });
}

test('a story that swallows the failure of a statement does not believe it was committed', async () => {
  const swallowed = transaction(db, async (tx) => {
    await raise(tx, '22012').catch(() => {});
  });
  await assert.rejects(swallowed, /rolled back at its commit/);
});

test('nothing of a transaction that failed stays', async () => {
  const { video, place } = await storeMaterial(db);
  const failing = transaction(db, async (tx) => {
    await tx.updateTable('videos').set({ title: 'changed' }).where('id', '=', video.id).execute();
    throw new Error('no');
  });
  await assert.rejects(failing);
  await place(0, 1); // the session is usable again
  const row = await db.selectFrom('videos').select('title').where('id', '=', video.id).executeTakeFirst();
  assert.equal(row?.title, video.title);
});
