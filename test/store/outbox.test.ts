import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { type Database, transaction } from '../../store/database.ts';
import {
  insertOutbox,
  lockUnpublished,
  markPublished,
  oldestUnpublishedAgeMs,
  type OutboxRow,
} from '../../store/outbox.ts';
import { freshDatabase } from '../support/database.ts';

const said = (id: string, more: Partial<OutboxRow> = {}) => ({
  id,
  kind: 'event' as const,
  name: 'placement.created',
  destination: 'nedlia-events',
  payload: { event_id: id, z: 1, a: { b: [1.5, null, 'ü'] } },
  context: undefined,
  correlationId: undefined,
  ...more,
});

const store = (db: Database, id: string, more?: Partial<OutboxRow>) =>
  transaction(db, (tx) => insertOutbox(tx, said(id, more)));

const left = (db: Database, options: Partial<Parameters<typeof lockUnpublished>[1]> = {}) =>
  transaction(db, (tx) => lockUnpublished(tx, { limit: 10, minAgeMs: 0, ...options }));

const ids = (rows: OutboxRow[]) => rows.map(({ id }) => id);

test('a row comes back as it was written: context, correlation id, and its payload to the byte', async (t) => {
  const { db } = await freshDatabase(t);
  const context = { traceparent: '00-a-b-01', tracestate: 'x=1', baggage: 'y=2' };
  const written = [await store(db, 'full', { context, correlationId: 'c-1' }), await store(db, 'bare')];
  const rows = await left(db);
  assert.deepEqual(rows, written);
  assert.equal(JSON.stringify(rows[0]?.payload), JSON.stringify(said('full').payload));
});

test('oldest first, not more than asked for, none that is too young or marked, and on from a given place', async (t) => {
  const { db } = await freshDatabase(t);
  for (const id of ['a', 'b', 'c', 'd']) await store(db, id);
  await sql`update outbox set created_at = created_at - interval '1 minute' where id = 'c'`.execute(db);
  await markPublished(db, ['a']);
  assert.deepEqual(ids(await left(db)), ['c', 'b', 'd']);
  assert.deepEqual(ids(await left(db, { limit: 2 })), ['c', 'b']);
  assert.deepEqual(ids(await left(db, { minAgeMs: 30_000 })), ['c']);
  const [, second] = await left(db);
  assert.deepEqual(ids(await left(db, { beyond: second })), ['d']);
});

test('rows that one transaction has locked are passed over by another', async (t) => {
  const { db } = await freshDatabase(t);
  for (const id of ['a', 'b', 'c']) await store(db, id);
  await transaction(db, async (tx) => {
    assert.deepEqual(ids(await lockUnpublished(tx, { limit: 2, minAgeMs: 0 })), ['a', 'b']);
    assert.deepEqual(ids(await left(db)), ['c']);
  });
});

test('marking twice keeps the first time', async (t) => {
  const { db } = await freshDatabase(t);
  await store(db, 'a');
  const publishedAt = () => db.selectFrom('outbox').select('published_at').executeTakeFirstOrThrow();
  await markPublished(db, ['a', 'unknown']);
  const first = await publishedAt();
  await markPublished(db, ['a']);
  assert.ok(first.published_at instanceof Date);
  assert.deepEqual(await publishedAt(), first);
});

test('the age of the oldest unpublished row is told, and that there is none', async (t) => {
  const { db } = await freshDatabase(t);
  assert.equal(await oldestUnpublishedAgeMs(db), undefined);
  await store(db, 'a');
  await sql`update outbox set created_at = created_at - interval '1 minute'`.execute(db);
  const age = await oldestUnpublishedAgeMs(db);
  assert.ok(age && age >= 60_000 && age < 70_000, String(age));
});
