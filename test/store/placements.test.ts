import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import { transaction } from '../../store/database.ts';
import { insertFile, latestFile } from '../../store/files.ts';
import {
  cancelPlacement,
  findOverlap,
  findPlacement,
  insertPlacement,
  listPlacements,
  lockVideo,
} from '../../store/placements.ts';
import { insertValidation, latestValidation } from '../../store/validations.ts';
import { somebodyWaits } from '../support/advisory-locks.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { storeMaterial } from '../support/material.ts';

const { db } = await freshDatabase();

test('of eight who want the same interval one gets it and seven learn that it overlaps', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { video, product } = await storeMaterial(db);
    const write = () =>
      transaction(db, async (tx) => {
        await lockVideo(tx, video.id);
        const placement = { id: randomUUID(), videoId: video.id, productId: product.id, startMs: 1000, endMs: 2000 };
        return insertPlacement(tx, placement);
      });
    const results = await Promise.allSettled(Array.from({ length: 8 }, write));
    const lost = results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as Error).name] : []));
    assert.deepEqual(
      lost,
      Array.from({ length: 7 }, () => 'Overlap'),
    );
  }
});

test('writers of one video wait for each other until the first transaction ends, and a writer of another does not', async (t) => {
  const [first, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  t.after(() => end.resolve());
  const holder = transaction(db, async (tx) => {
    await lockVideo(tx, 'one');
    first.resolve();
    await end.promise;
  });
  await first.promise;
  let over = false;
  const second = transaction(db, async (tx) => {
    await sql`set local lock_timeout = 0`.execute(tx);
    await lockVideo(tx, 'one');
    over = true;
  });
  await eventually(async () => over || (await somebodyWaits(db)), 'a transaction that waits');
  assert.equal(over, false);
  await transaction(db, (tx) => lockVideo(tx, 'another'));
  assert.equal(over, false);
  end.resolve();
  await Promise.all([holder, second]);
  assert.equal(over, true);
});

test('without the lock the constraint still lets one in only', async () => {
  const { video, place } = await storeMaterial(db);
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => place(1000, 2000)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal((await listPlacements(db, { limit: 10, videoId: video.id })).length, 1);
});

test('intervals may touch, not overlap by a millisecond, enclose or be equal', async () => {
  const { place } = await storeMaterial(db);
  await place(1000, 2000);
  await place(2000, 3000);
  await place(0, 1000);
  for (const [start, end] of [
    [2999, 4000],
    [0, 1],
    [500, 2500],
    [1000, 2000],
  ] as const) {
    await assert.rejects(place(start, end), { name: 'Overlap' });
  }
});

test('the same interval of another video is free', async () => {
  const [a, b] = [await storeMaterial(db), await storeMaterial(db)];
  await a.place(0, 1000);
  await b.place(0, 1000);
});

test('an overlap is found by the id of who is in the way', async () => {
  const { video, place } = await storeMaterial(db);
  const { id } = await place(1000, 2000);
  assert.equal(await findOverlap(db, video.id, { startMs: 1999, endMs: 5000 }), id);
  assert.equal(await findOverlap(db, video.id, { startMs: 2000, endMs: 5000 }), undefined);
});

test('cancelling frees the interval, happens once, and leaves the placement to be read', async () => {
  const { video, place } = await storeMaterial(db);
  const { id } = await place(1000, 2000, { correlationId: 'c-1' });
  const cancelled = await transaction(db, (tx) => cancelPlacement(tx, id));
  assert.ok(cancelled?.cancelledAt instanceof Date);
  assert.equal(await transaction(db, (tx) => cancelPlacement(tx, id)), undefined);
  assert.equal(await transaction(db, (tx) => cancelPlacement(tx, 'unknown')), undefined);
  assert.equal(await findOverlap(db, video.id, { startMs: 0, endMs: 5000 }), undefined);
  await place(1000, 2000);
  assert.deepEqual(await findPlacement(db, id), cancelled);
  assert.equal(cancelled.correlationId, 'c-1');
});

test('the database itself refuses an interval that is empty, reversed, negative or longer than seven days', async () => {
  const { place } = await storeMaterial(db);
  const week = 7 * 24 * 3600 * 1000;
  for (const [start, end] of [
    [5, 5],
    [6, 5],
    [-1, 5],
    [0, week + 1],
  ] as const) {
    await assert.rejects(place(start, end), { name: 'DatabaseError', code: '23514' });
  }
  await place(0, week);
});

test('an id outside of the pattern never gets in', async () => {
  const { place } = await storeMaterial(db);
  await assert.rejects(place(0, 1, { id: '../x' }), { code: '23514' });
});

test('the outcome is the latest file and the latest verdict', async () => {
  const { place } = await storeMaterial(db);
  const { id: placementId } = await place(0, 1000);
  assert.equal(await latestFile(db, placementId), undefined);
  assert.equal(await latestValidation(db, placementId), undefined);
  const file = { placementId, bucket: 'b', key: 'k', sha256: 'a'.repeat(64) };
  await transaction(db, (tx) => insertFile(tx, { ...file, causedBy: randomUUID() }));
  await transaction(db, (tx) => insertFile(tx, { ...file, causedBy: 'second', key: 'k2' }));
  const verdict = { causedBy: 'first', placementId, verdict: 'rejected', reasons: ['too long', 'no video'] } as const;
  await transaction(db, (tx) => insertValidation(tx, { ...verdict, reasons: [...verdict.reasons] }));
  const latest = await latestFile(db, placementId);
  const validation = await latestValidation(db, placementId);
  assert.deepEqual([latest?.key, latest?.causedBy], ['k2', 'second']);
  assert.deepEqual([validation?.verdict, validation?.reasons], ['rejected', ['too long', 'no video']]);
});
