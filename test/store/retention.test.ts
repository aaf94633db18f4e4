import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { deleteExpired } from '../../store/retention.ts';
import { freshDatabase } from '../support/database.ts';

test('goes: what was published 7 days, received 30 days, answered 24 hours ago; stays: all else, unpublished rows for ever', async (t) => {
  const { db } = await freshDatabase(t);
  const days = [1, 6.99, 7.01, 29.99, 30.01];
  for (const age of days) {
    const at = sql<Date>`now() - make_interval(secs => ${age * 86_400})`;
    const row = { kind: 'event' as const, name: 'n', destination: 'd', payload: '{}', created_at: at };
    await db
      .insertInto('outbox')
      .values({ ...row, id: `said-${age}`.replace('.', '_'), published_at: at })
      .execute();
    await db
      .insertInto('outbox')
      .values({ ...row, id: `left-${age}`.replace('.', '_') })
      .execute();
    await db
      .insertInto('inbox')
      .values({ consumer: 'c', id: `${age}`.replace('.', '_'), at })
      .execute();
  }
  for (const hours of [23.9, 24.1]) {
    const created_at = sql<Date>`now() - make_interval(secs => ${hours * 3600})`;
    const kept = { request_hash: 'h', status: 201, headers: '{}', body: '' };
    await db
      .insertInto('idempotency_keys')
      .values({ key: `${hours}`, ...kept, created_at })
      .execute();
  }

  assert.deepEqual(await deleteExpired(db), { outbox: 3, inbox: 1, idempotency: 1 });
  const outbox = await db
    .selectFrom('outbox')
    .select('id')
    .where('published_at', 'is not', null)
    .orderBy('id')
    .execute();
  assert.deepEqual(
    outbox.map(({ id }) => id),
    ['said-1', 'said-6_99'],
  );
  const { unpublished } = await db
    .selectFrom('outbox')
    .select(({ fn }) => fn.countAll<string>().as('unpublished'))
    .where('published_at', 'is', null)
    .executeTakeFirstOrThrow();
  assert.equal(Number(unpublished), days.length);
  assert.deepEqual(await deleteExpired(db), { outbox: 0, inbox: 0, idempotency: 0 });
});

test('what has piled up goes in one call, batch by batch', async (t) => {
  const { db } = await freshDatabase(t);
  await sql`insert into inbox select 'c', n::text, now() - interval '31 days' from generate_series(1, 10001) n`.execute(
    db,
  );
  assert.equal((await deleteExpired(db)).inbox, 10_001);
});
