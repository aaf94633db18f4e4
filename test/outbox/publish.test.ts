import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { context, trace } from '@opentelemetry/api';
import { sql } from 'kysely';
import { eventBridgeClient, sqsClient } from '../../aws/clients.ts';
import { placementCreated, regenerateFile } from '../../events/catalogue.ts';
import { publisher } from '../../outbox/publish.ts';
import { writer } from '../../outbox/write.ts';
import { type Database, transaction } from '../../store/database.ts';
import type { OutboxRow } from '../../store/outbox.ts';
import { withCorrelation } from '../../telemetry/correlation.ts';
import { withEntry } from '../../telemetry/entry-span.ts';
import { type AwsAnswer, type AwsRequest, startAwsEndpoint } from '../support/aws-endpoint.ts';
import { freshDatabase } from '../support/database.ts';
import { recordSpans } from '../support/spans.ts';

interface Entry {
  Detail: string;
  DetailType: string;
  Source: string;
}

const say = writer(() => Promise.resolve());
const about = (placement_id: string) => ({ placement_id, video_id: 'v', product_id: 'q', start_time: 0, end_time: 1 });
const entriesOf = ({ input }: AwsRequest) => input['Entries'] as Entry[];
const placementOf = ({ Detail }: Entry) => (JSON.parse(Detail) as { placement_id: string }).placement_id;

/** What a bus and queues that accept everything answer. */
function acceptAll({ operation, input }: AwsRequest): AwsAnswer {
  const entries = input['Entries'] as { Id: string; MessageBody: string }[];
  if (operation === 'PutEvents') {
    return { body: { FailedEntryCount: 0, Entries: entries.map((_, index) => ({ EventId: `e-${index}` })) } };
  }
  const Successful = entries.map(({ Id, MessageBody }) => {
    return { Id, MessageId: `m-${Id}`, MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
  });
  return { body: { Successful, Failed: [] } };
}

/** A bus that cannot take the event about one placement. */
const refuseOnly =
  (placementId: string) =>
  ({ input }: AwsRequest): AwsAnswer => {
    const Entries = (input['Entries'] as Entry[]).map((entry, index) =>
      placementOf(entry) === placementId ? { ErrorCode: 'InternalFailure' } : { EventId: `e-${index}` },
    );
    return { body: { FailedEntryCount: 1, Entries } };
  };

async function setUp(t: TestContext, answer: (request: AwsRequest) => AwsAnswer = acceptAll) {
  const { db } = await freshDatabase(t);
  const { requests, url } = await startAwsEndpoint(t, answer);
  const queues = { 'nedlia-file-generator': `${url}/000000000000/nedlia-file-generator` };
  const ways = { db, eventBridge: eventBridgeClient(), sqs: sqsClient(), bus: 'nedlia-events', queues };
  const sent = () => requests.filter(({ operation }) => operation === 'PutEvents').flatMap(entriesOf);
  return { db, requests, sent, ...publisher(ways), another: () => publisher(ways) };
}

const write = (db: Database, placementId: string) =>
  transaction(db, (tx) => say(tx, placementCreated, about(placementId)));

/** As if the process that wrote them had died: nobody published, and four seconds have passed. */
const makeOld = (db: Database) => sql`update outbox set created_at = created_at - interval '4 seconds'`.execute(db);

async function unpublished(db: Database): Promise<string[]> {
  const rows = await db.selectFrom('outbox').select('id').where('published_at', 'is', null).execute();
  return rows.map(({ id }) => id);
}

test('what was committed is said and marked: events on the bus, commands in their queue', async (t) => {
  const { db, requests, publish } = await setUp(t);
  const rows = await transaction(db, async (tx) => [
    await say(tx, placementCreated, about('p')),
    await say(tx, regenerateFile, { placement_id: 'p' }),
  ]);
  await publish(rows);
  const [event, command] = requests.sort((a, b) => a.operation.localeCompare(b.operation));
  const [entry] = event ? entriesOf(event) : [];
  assert.deepEqual([entry?.Source, entry?.DetailType], ['nedlia.api', 'placement.created']);
  assert.deepEqual(JSON.parse(entry?.Detail ?? ''), rows[0]?.payload);
  assert.equal(command?.operation, 'SendMessageBatch');
  assert.deepEqual(await unpublished(db), []);
});

test('only what the answer accepts is marked, one entry at a time', async (t) => {
  const { db, publish } = await setUp(t, refuseOnly('p-1'));
  const rows: OutboxRow[] = [];
  for (const index of [0, 1, 2]) rows.push(await write(db, `p-${index}`));
  await publish(rows);
  assert.deepEqual(await unpublished(db), [rows[1]?.id]);
});

test('a bus that does not answer costs no more than the time given, and no rejection comes later', async (t) => {
  const { db, publish } = await setUp(t, () => ({ never: true }));
  const row = await write(db, 'p');
  const began = performance.now();
  await publish([row], 200);
  assert.ok(performance.now() - began < 2000, 'whoever listens to nobody waits 3 s and more');
  await setTimeout(100);
  assert.deepEqual(await unpublished(db), [row.id]);
});

test('a database that is gone after the sending does no harm: the row will be said twice', async (t) => {
  const { db, publish, sent } = await setUp(t);
  const row = await write(db, 'p');
  await sql`alter table outbox rename to moved`.execute(db);
  await publish([row]);
  assert.equal(sent().length, 1);
});

test('nothing to say asks nobody', async (t) => {
  const { publish, requests } = await setUp(t);
  await publish([]);
  assert.equal(requests.length, 0);
});

test('after a crash between commit and publish the relay says it: same id, same bytes, same trace, same correlation', async (t) => {
  const spans = recordSpans(t);
  const { db, sent, publishLeft } = await setUp(t);
  const entry = trace.getTracer('test').startSpan('POST /v1/placements');
  const asked = { correlationId: 'order-7', userId: 'u-1', operation: 'things.import' };
  const row = await withCorrelation(asked, () =>
    context.with(withEntry(context.active(), entry), () => write(db, 'p')),
  );
  entry.end();
  await makeOld(db);

  const relayed = await withCorrelation({ userId: 'relay', operation: 'relay' }, () => publishLeft());
  assert.deepEqual(relayed, { published: 1, refused: 0 });
  const [said] = sent();
  const { _trace, ...detail } = JSON.parse(said?.Detail ?? '') as { _trace: { traceparent: string; baggage: string } };
  assert.equal(JSON.stringify(detail), JSON.stringify(row.payload));
  const send = spans.all().find(({ name }) => name === 'send nedlia-events (placement.created)');
  assert.deepEqual([send?.parentId, send?.traceId], [entry.spanContext().spanId, entry.spanContext().traceId]);
  assert.equal(_trace.traceparent, `00-${send?.traceId}-${send?.spanId}-01`);
  assert.equal(_trace.baggage, 'correlation_id=order-7,user_id=u-1,operation=things.import');
  const { correlation_id: id, 'user.id': user, operation } = send?.attributes ?? {};
  assert.deepEqual([id, user, operation], ['order-7', 'u-1', 'things.import'], 'of the row, not of the relay');
  assert.deepEqual(await publishLeft(), { published: 0, refused: 0 });
});

test('rows younger than three seconds belong to the process that wrote them', async (t) => {
  const { db, requests, publishLeft } = await setUp(t);
  await write(db, 'p');
  assert.deepEqual(await publishLeft(), { published: 0, refused: 0 });
  assert.equal(requests.length, 0);
});

/** 250 rows that nobody has said. */
async function pile(db: Database) {
  await transaction(db, async (tx) => {
    for (let index = 0; index < 250; index += 1) await say(tx, placementCreated, about(`p-${index}`));
  });
  await makeOld(db);
}

test('two relays at the same time say everything once', async (t) => {
  const { db, sent, publishLeft, another } = await setUp(t);
  await pile(db);
  const [a, b] = await Promise.all([publishLeft(), another().publishLeft()]);
  assert.equal(a.published + b.published, 250);
  const placements = sent().map(placementOf);
  assert.equal(placements.length, 250);
  assert.equal(new Set(placements).size, 250);
});

test('rows that are refused, too large or unknown hold up no other, are tried once, and are counted', async (t) => {
  const { db, sent, publishLeft } = await setUp(t);
  await pile(db);
  const row = { kind: 'event' as const, name: 'placement.created', destination: 'nedlia-events' };
  const old = { ...row, created_at: sql<Date>`now() - interval '1 hour'` };
  const poison = [
    { ...old, id: 'too-large', payload: JSON.stringify({ placement_id: 'x'.repeat(1_000_000) }) },
    { ...old, id: 'unknown-event', name: 'placement.teleported', payload: '{}' },
    { ...old, id: 'unknown-queue', kind: 'command' as const, destination: 'nowhere', payload: '{}' },
  ];
  await db.insertInto('outbox').values(poison).execute();
  assert.deepEqual(await publishLeft(), { published: 250, refused: 3 });
  assert.equal(sent().length, 250);
  assert.deepEqual((await unpublished(db)).sort(), ['too-large', 'unknown-event', 'unknown-queue']);
});

test('a relay whose time is up says no more, and what it has said stays said', async (t) => {
  const timeIsUp = new AbortController();
  const { db, sent, publishLeft } = await setUp(t, (request) => {
    setImmediate(() => timeIsUp.abort());
    return acceptAll(request);
  });
  await pile(db);
  const { published, refused } = await publishLeft(timeIsUp.signal);
  assert.equal(published + refused, 100);
  assert.ok(sent().length < 100);
  assert.equal((await unpublished(db)).length, 250 - published);
  assert.deepEqual(await publishLeft(timeIsUp.signal), { published: 0, refused: 0 });
});
