import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { transaction } from '../../store/database.ts';
import { findAnswer, insertAnswer, tryLockKey } from '../../store/idempotency.ts';
import { lockVideo } from '../../store/placements.ts';
import { freshDatabase } from '../support/database.ts';

const { db } = await freshDatabase();
const answer = { key: 'k', requestHash: 'h', status: 201, headers: { location: '/v1/videos/1' }, body: '{"id":"1"}' };

test('a key is held by one transaction at a time, and free after it', async () => {
  await transaction(db, async (first) => {
    assert.equal(await tryLockKey(first, 'k'), true);
    assert.equal(await transaction(db, (second) => tryLockKey(second, 'k')), false);
    assert.equal(await transaction(db, (second) => tryLockKey(second, 'other')), true);
    // A video of the same name is another lock.
    await transaction(db, (second) => lockVideo(second, 'k'));
  });
  assert.equal(await transaction(db, (tx) => tryLockKey(tx, 'k')), true);
});

test('an answer is found as it was kept, for 24 hours, and can then be replaced', async () => {
  await transaction(db, (tx) => insertAnswer(tx, answer));
  assert.deepEqual(await transaction(db, (tx) => findAnswer(tx, 'k')), answer);
  await sql`update idempotency_keys set created_at = now() - interval '24 hours 1 second'`.execute(db);
  assert.equal(await transaction(db, (tx) => findAnswer(tx, 'k')), undefined);
  const next = { ...answer, body: '{"id":"2"}' };
  await transaction(db, (tx) => insertAnswer(tx, next));
  assert.deepEqual(await transaction(db, (tx) => findAnswer(tx, 'k')), next);
});
