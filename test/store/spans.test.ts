import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { ping, transaction } from '../../store/database.ts';
import { firstTime } from '../../store/inbox.ts';
import { findOverlap, insertPlacement, lockVideo } from '../../store/placements.ts';
import { deleteExpired } from '../../store/retention.ts';
import { span } from '../../telemetry/span.ts';
import { freshDatabase } from '../support/database.ts';
import { storeMaterial } from '../support/material.ts';
import { only, recordSpans } from '../support/spans.ts';

const { db, url } = await freshDatabase();

test('every statement is a span below what asked for it; locks, BEGIN, COMMIT and pings are none', async (t) => {
  const { video, product } = await storeMaterial(db);
  const spans = recordSpans(t);
  await span('story', () =>
    transaction(db, async (tx) => {
      await ping(db);
      await lockVideo(tx, video.id);
      await findOverlap(tx, video.id, { startMs: 0, endMs: 1 });
      await firstTime(tx, 'consumer', video.id);
      await insertPlacement(tx, { id: 'p', videoId: video.id, productId: product.id, startMs: 0, endMs: 1 });
    }),
  );
  const names = spans.all().map(({ name }) => name);
  assert.deepEqual(names, ['SELECT nedlia.placements', 'INSERT nedlia.inbox', 'INSERT nedlia.placements', 'story']);
  const story = only(spans.all(), 'story');
  assert.ok(spans.all().every((one) => one === story || one.parentId === story.spanId || one.name === 'story'));
});

test('a span says what was asked, where, and how many rows came of it', async (t) => {
  await storeMaterial(db);
  const spans = recordSpans(t);
  await db.selectFrom('videos as v').select('v.id').execute();
  await db.updateTable('videos').set({ title: 'canary-title' }).execute();
  await deleteExpired(db);
  const selected = only(spans.all(), 'SELECT nedlia.videos');
  const { hostname, port } = new URL(url);
  // How long it waited for a session is the machine's, and said from a millisecond on.
  const { 'db.response.returned_rows': rows, 'db.client.connection.wait_ms': _, ...attributes } = selected.attributes;
  assert.equal(selected.kind, 'CLIENT');
  assert.ok(Number(rows) >= 1);
  assert.deepEqual(attributes, {
    'db.system.name': 'postgresql',
    'db.namespace': 'nedlia',
    'db.collection.name': 'videos',
    'db.operation.name': 'SELECT',
    'db.query.text': 'select "v"."id" from "videos" as "v"',
    'server.address': hostname,
    'server.port': Number(port),
  });
  assert.equal(only(spans.all(), 'UPDATE nedlia.videos').attributes['db.response.affected_rows'], rows);
  assert.equal(only(spans.all(), 'DELETE nedlia.outbox').attributes['db.response.affected_rows'], 0);
});

test('the server sees which span asked, and the span does not repeat that', async (t) => {
  const spans = recordSpans(t);
  const { rows } = await sql<{
    query: string;
  }>`select query from pg_stat_activity where pid = pg_backend_pid()`.execute(db);
  const asked = only(spans.all(), 'SELECT');
  assert.ok(rows[0]?.query.endsWith(` /*traceparent='00-${asked.traceId}-${asked.spanId}-01'*/`));
  assert.ok(!String(asked.attributes['db.query.text']).includes('traceparent'));
});

test('no value is in any span, whether the statement succeeds, is refused or is slow', async (t) => {
  const spans = recordSpans(t);
  const canary = 'canary-51c2';
  const { place, video } = await storeMaterial(db);
  await db.insertInto('videos').values({ id: canary, title: canary, duration_ms: 1 }).execute();
  const failing: (() => Promise<unknown>)[] = [
    () => db.insertInto('videos').values({ id: canary, title: canary, duration_ms: 1 }).execute(),
    () => sql`select ${canary}::text::integer`.execute(db),
    () => place(0, 1, { id: `${canary}/` }),
    () => place(0, 1, { videoId: `${canary}-2` }),
  ];
  for (const work of failing) await assert.rejects(() => span('story', work));
  await db
    .selectFrom('videos')
    .select(sql`pg_sleep(0.11)`.as('slept'))
    .where('title', '=', canary)
    .where('id', '!=', video.id)
    .execute();
  assert.ok(!JSON.stringify(spans.all()).includes(canary));
  assert.ok(spans.all().some(({ events }) => events.some(({ name }) => name === 'slow_query')));
});

test('a refused statement is told by its SQLSTATE', async (t) => {
  const spans = recordSpans(t);
  await assert.rejects(db.insertInto('videos').values({ id: 'v', title: 't', duration_ms: -1 }).execute());
  const refused = only(spans.all(), 'INSERT nedlia.videos');
  assert.equal(refused.status, 'ERROR');
  assert.equal(refused.attributes['error.type'], '23514');
  assert.equal(refused.attributes['db.response.status_code'], '23514');
});
