import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unavailable } from '../../core/unavailable.ts';
import { placementCreated, regenerateFile } from '../../events/catalogue.ts';
import { read } from '../../events/read.ts';
import { writer } from '../../outbox/write.ts';
import { transaction } from '../../store/database.ts';
import { lockUnpublished } from '../../store/outbox.ts';
import { withCorrelation } from '../../telemetry/correlation.ts';
import { freshDatabase } from '../support/database.ts';

const { db } = await freshDatabase();
const data = { placement_id: 'p', video_id: 'v', product_id: 'q', start_time: 12.5, end_time: 20 };
const say = writer(() => Promise.resolve());
const left = () => transaction(db, (tx) => lockUnpublished(tx, { limit: 100, minAgeMs: 0 }));

test('an event is stored as its readers read it, stamped once', async () => {
  const row = await withCorrelation({ correlationId: 'c-1' }, () =>
    transaction(db, (tx) => say(tx, placementCreated, data)),
  );
  assert.match(row.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  assert.deepEqual([row.kind, row.name, row.destination], ['event', 'placement.created', 'nedlia-events']);
  const body = { source: 'nedlia.api', 'detail-type': row.name, detail: row.payload };
  const said = read(body, 'message');
  assert.deepEqual([said.id, said.correlationId, said.data], [row.id, 'c-1', data]);
  assert.deepEqual(
    (await left()).find(({ id }) => id === row.id),
    row,
  );
});

test('a command goes to the queue that hears it, with the correlation id it was said under', async () => {
  const row = await withCorrelation({ correlationId: 'c-2' }, () =>
    transaction(db, (tx) => say(tx, regenerateFile, { placement_id: 'p' })),
  );
  assert.deepEqual([row.kind, row.destination, row.correlationId], ['command', 'nedlia-file-generator', 'c-2']);
  assert.deepEqual(read(row.payload, 'message').data, { placement_id: 'p' });
});

test('no nudge, no commit: nothing of the transaction stays', async () => {
  const before = (await left()).length;
  const sayInVain = writer(() => Promise.reject(new Unavailable('SQS is down')));
  const failing = transaction(db, async (tx) => {
    await tx.insertInto('videos').values({ id: 'in-vain', title: 't', duration_ms: 1 }).execute();
    await sayInVain(tx, placementCreated, data);
  });
  await assert.rejects(failing, Unavailable);
  assert.equal((await left()).length, before);
  assert.equal(await db.selectFrom('videos').select('id').where('id', '=', 'in-vain').executeTakeFirst(), undefined);
});

test('the nudge has left before COMMIT', async () => {
  let seen: number | undefined;
  const before = (await left()).length;
  const sayLooking = writer(async () => {
    seen = (await left()).length;
  });
  await transaction(db, (tx) => sayLooking(tx, placementCreated, data));
  assert.equal(seen, before);
  assert.equal((await left()).length, before + 1);
});
