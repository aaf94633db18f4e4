import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { context, SpanKind, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import Fastify from 'fastify';
import { sql } from 'kysely';
import { type Database, openDatabase, transaction } from '../../store/database.ts';
import { lockVideo } from '../../store/placements.ts';
import { forXRay } from '../../telemetry/export/xray/attributes.ts';
import { openMessage } from '../../telemetry/carry/message.ts';
import { configureEdges } from '../../telemetry/edges/configure.ts';
import { traceRequests } from '../../telemetry/edges/http-server.ts';
import { traceInvocation } from '../../telemetry/edges/invocation.ts';
import { traceMessage } from '../../telemetry/edges/message.ts';
import { endOpenSpans, openSpans } from '../../telemetry/open-spans.ts';
import { span } from '../../telemetry/span.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { captureLog } from '../support/log-lines.ts';
import { storeMaterial } from '../support/material.ts';
import { nobody } from '../support/peer.ts';
import { aLambdaContext, aRecord } from '../support/records.ts';
import type { RecordedSpan } from '../support/spans.ts';
import { only, recordSpans } from '../support/spans.ts';

const { db, url } = await freshDatabase();

const oneVideo = () => db.selectFrom('videos').select('title').where('id', '=', randomUUID()).execute();
const videos = (count: number) =>
  db
    .selectFrom('videos')
    .select('id')
    .where(
      'id',
      'in',
      Array.from({ length: count }, () => randomUUID()),
    )
    .execute();

async function times(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index += 1) await work(index);
}

/** Answers one real request by this work, and gives its span once it has ended. */
async function requested(t: TestContext, work: () => Promise<unknown>): Promise<RecordedSpan> {
  const spans = recordSpans(t);
  const app = Fastify();
  t.after(() => app.close());
  traceRequests(app, { edge: 'continue' });
  app.get('/work', async () => {
    await work();
    return {};
  });
  await fetch(`${await app.listen({ port: 0, host: '127.0.0.1' })}/work`);
  await eventually(() => spans.all().some(({ name }) => name === 'GET /work'), 'the end of the request');
  return only(spans.all(), 'GET /work');
}

const byName = ({ events }: RecordedSpan, name: string) => events.filter((event) => event.name === name);

function configured(t: TestContext, env: Record<string, string>): void {
  configureEdges(env);
  t.after(() => configureEdges({}));
}

test('a statement sent ten times below one span is said once on the request, with its shape and final count', async (t) => {
  const request = await requested(t, () => span('story', () => times(13, oneVideo)));
  const [event, ...more] = byName(request, 'n_plus_one');
  assert.equal(more.length, 0);
  assert.equal(event?.attributes['count'], 13);
  assert.equal(event.attributes['statement'], 'select "title" from "videos" where "id" = ?');
  assert.match(String(event.attributes['suggestion']), /one statement/);
  const [many] = byName(request, 'many_statements');
  assert.deepEqual([many?.attributes['count'], many?.attributes['most_frequent_count']], [13, 13]);
});

test('lists of any length count as one shape, on the span of a message as on that of a request', async (t) => {
  const spans = recordSpans(t);
  await traceInvocation(aLambdaContext(), { queue: 'things', messages: 1 }, (invocation) =>
    traceMessage(openMessage(aRecord({})), { queue: 'things', invocation }, () =>
      times(10, (index) => videos(index + 1)),
    ),
  );
  const message = only(spans.all(), 'process things');
  assert.deepEqual(
    message.events.map(({ name, attributes }) => [name, attributes['count'], attributes['statement']]),
    [['n_plus_one', 10, 'select "id" from "videos" where "id" in (…)']],
  );
});

test('a message that is ended because time runs out says it as well', async (t) => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [openSpans, new SimpleSpanProcessor(exporter)] });
  provider.register();
  t.after(() => {
    trace.disable();
    context.disable();
  });
  await traceInvocation(aLambdaContext(), { queue: 'things', messages: 1 }, (invocation) =>
    traceMessage(openMessage(aRecord({})), { queue: 'things', invocation }, async () => {
      await times(10, oneVideo);
      endOpenSpans('the time was running out');
    }),
  );
  const message = exporter.getFinishedSpans().find(({ name }) => name === 'process things');
  assert.deepEqual(
    [message?.attributes['error.type'], message?.events.map(({ name }) => name)],
    ['timeout', ['n_plus_one']],
  );
});

test('nine of a shape below one span are not told of', async (t) => {
  assert.deepEqual((await requested(t, () => times(9, oneVideo))).events, []);
});

test('nor are ten below two', async (t) => {
  const ten = await requested(t, async () => {
    await span('one', () => times(5, oneVideo));
    await span('other', () => times(5, oneVideo));
  });
  assert.deepEqual(ten.events, []);
});

test('below three hundred spans they are counted too, of which not every one is told apart', async (t) => {
  const request = await requested(t, () => times(300, (index) => span(`of ${index}`, oneVideo)));
  const [many] = byName(request, 'many_statements');
  assert.deepEqual([many?.attributes['count'], many?.attributes['most_frequent_count']], [300, 300]);
});

test('but eleven in all are many, wherever they were sent', async (t) => {
  const eleven = await requested(t, () => times(11, (index) => span(`of ${index}`, oneVideo)));
  assert.deepEqual(
    eleven.events.map(({ name, attributes }) => [name, attributes]),
    [
      [
        'many_statements',
        {
          count: 11,
          shapes: 1,
          most_frequent: 'select "title" from "videos" where "id" = ?',
          most_frequent_count: 11,
        },
      ],
    ],
  );
});

test('what is sent outside of a request at the same time is not counted for it', async (t) => {
  const [request] = await Promise.all([
    requested(t, () => times(8, oneVideo)),
    sleep(5).then(() => times(8, oneVideo)),
  ]);
  assert.deepEqual(request.events, []);
});

test('a statement above the threshold says what to look at first', async (t) => {
  configured(t, { TRACE_SLOW_QUERY_MS: '20' });
  const spans = recordSpans(t);
  await db
    .selectFrom('videos')
    .select(sql`pg_sleep(0.03)`.as('slept'))
    .where('title', '=', 'none')
    .unionAll(db.selectNoFrom(sql`pg_sleep(0.03)`.as('slept')))
    .execute();
  const [slow] = only(spans.all(), 'SELECT nedlia.videos').events;
  assert.ok(Number(slow?.attributes['duration_ms']) >= 30);
  assert.match(String(slow?.attributes['suggestion']), /index on title\?/);
  assert.equal(slow?.attributes['rows'], 1);
});

test('a statement that waits for a lock in vain is told so', async (t) => {
  const { video } = await storeMaterial(db);
  const spans = recordSpans(t);
  await transaction(db, async (tx) => {
    await tx.updateTable('videos').set({ title: 'held' }).where('id', '=', video.id).execute();
    await assert.rejects(db.updateTable('videos').set({ title: 'late' }).where('id', '=', video.id).execute());
  });
  const failed = spans.all().find(({ status }) => status === 'ERROR');
  assert.equal(failed?.attributes['db.response.status_code'], '55P03');
  assert.match(String(failed.events[0]?.attributes['suggestion']), /waited for a lock/);
});

test('who had to wait for a session says how long on its first statement, and above the threshold why', async (t) => {
  configured(t, { TRACE_POOL_WAIT_MS: '40' });
  const narrow = openDatabase({ url, max: 1 });
  t.after(() => narrow.destroy());
  const first = narrow.selectFrom('products').select(sql`pg_sleep(0)`.as('slept'));
  await first.execute();
  const spans = recordSpans(t);
  const holding = sql`select pg_sleep(0.08)`.execute(narrow);
  await transaction(narrow, async (tx) => {
    await lockVideo(tx, 'v'); // makes no span, and so does not take the word
    await tx.selectFrom('videos').select('id').execute();
    await tx.selectFrom('products').select('id').execute();
  });
  await holding;
  const waited = only(spans.all(), 'SELECT nedlia.videos');
  assert.ok(Number(waited.attributes['db.client.connection.wait_ms']) >= 40);
  const [event] = waited.events;
  assert.deepEqual([event?.name, event?.attributes['max_sessions']], ['pool_wait', 1]);
  assert.match(String(event?.attributes['suggestion']), /^all 1 sessions were in use/);
  assert.equal(only(spans.all(), 'SELECT nedlia.products').attributes['db.client.connection.wait_ms'], undefined);
});

test('who had to wait because a session was opened is told that', async (t) => {
  configured(t, { TRACE_POOL_WAIT_MS: '1' });
  const fresh = openDatabase({ url, max: 1 });
  t.after(() => fresh.destroy());
  const spans = recordSpans(t);
  await fresh.selectFrom('videos').select('id').execute();
  // More than one: on a busy machine the millisecond may pass for a session that rests, too.
  for (let again = 0; again < 5; again += 1) await fresh.selectFrom('products').select('id').execute();
  const [event] = only(spans.all(), 'SELECT nedlia.videos').events;
  assert.match(String(event?.attributes['suggestion']), /^a session was opened/);
  const others = spans.all().filter(({ name }) => name === 'SELECT nedlia.products');
  assert.ok(others.some(({ events }) => events.length === 0));
});

test('where no session is to be had, the span that asked says how long it waited', async (t) => {
  const spans = recordSpans(t);
  const unreachable = openDatabase({ url: (await nobody()).replace('http', 'postgres') });
  t.after(() => unreachable.destroy());
  await assert.rejects(span('story', () => unreachable.selectFrom('videos').select('id').execute()));
  const [event] = byName(only(spans.all(), 'story'), 'pool_wait');
  assert.equal(event?.attributes['refused'], true);
});

/** Whether a session had to be waited for is the machine's affair. */
const untimed = (attributes: RecordedSpan['attributes']) =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== 'db.client.connection.wait_ms'));

test('the older names stand beside the stable ones where the standard’s switch says so, and only there', async (t) => {
  const spans = recordSpans(t);
  await oneVideo();
  configured(t, { OTEL_SEMCONV_STABILITY_OPT_IN: 'database/dup' });
  await oneVideo();
  const [stable, both] = spans.all().map(({ attributes }) => untimed(attributes));
  const { hostname, port, username } = new URL(url);
  const older = {
    'db.system': 'postgresql',
    'db.name': 'nedlia',
    'db.operation': 'SELECT',
    'db.statement': 'select "title" from "videos" where "id" = $1',
    'db.sql.table': 'videos',
    'db.user': username,
    'net.peer.name': hostname,
    'net.peer.port': Number(port),
  };
  assert.deepEqual(both, { ...stable, ...older });
  assert.ok(Object.keys(older).every((name) => !(name in (stable ?? {}))));
  const asXRaySees = forXRay({ kind: SpanKind.CLIENT, attributes: both } as unknown as ReadableSpan);
  assert.deepEqual(asXRaySees.attributes, both, 'X-Ray’s own older names are the same, and not said twice');
});

test('an unknown word in the switch or a threshold that is none is one warning, and the default is used', async (t) => {
  const lines = captureLog(t);
  configured(t, { OTEL_SEMCONV_STABILITY_OPT_IN: 'databse/dup', TRACE_SLOW_QUERY_MS: 'soon' });
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn', 'warn'],
  );
  assert.match(lines[0]?.message ?? '', /TRACE_SLOW_QUERY_MS must be a number/);
  assert.match(
    lines[1]?.message ?? '',
    /OTEL_SEMCONV_STABILITY_OPT_IN "databse\/dup".*allowed: database, database\/dup, http/,
  );
});

/** Each kind of refusal that PostgreSQL words with the value that was refused. */
const refusals: ((db: Database, canary: string) => Promise<unknown>)[] = [
  (db, canary) => db.insertInto('videos').values({ id: canary, title: canary, duration_ms: 1 }).execute(),
  (db, canary) => sql`select ${canary}::text::integer`.execute(db),
  (db, canary) => sql`select ${canary}::text::timestamptz`.execute(db),
  (db, canary) => sql`select ${canary}::text::jsonb`.execute(db),
  (db, canary) => sql`select ${`{${canary}`}::text::integer[]`.execute(db),
  (db, canary) => sql`select ${canary}::text ~ ${`${canary}(`}::text`.execute(db),
];

test('no value of a parameter is in any event, error, log line or older name', async (t) => {
  configured(t, { OTEL_SEMCONV_STABILITY_OPT_IN: 'database/dup', TRACE_SLOW_QUERY_MS: '1' });
  const canary = 'canary-7e31';
  await db.insertInto('videos').values({ id: canary, title: canary, duration_ms: 1 }).execute();
  const lines = captureLog(t);
  const thrown: string[] = [];
  const request = await requested(t, () =>
    times(12, async (index) => {
      const refused = refusals[index % refusals.length];
      await refused?.(db, canary).catch((error: Error) =>
        thrown.push(`${error.message} ${error.stack} ${String(error.cause)}`),
      );
      await sql`select pg_sleep(0.002), ${canary}::text`.execute(db);
    }),
  );
  assert.equal(thrown.length, 12);
  assert.ok(byName(request, 'n_plus_one').length > 0);
  assert.doesNotMatch(JSON.stringify([request, lines, thrown]), /canary/);
});
