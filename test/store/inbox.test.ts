import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transaction } from '../../store/database.ts';
import { firstTime } from '../../store/inbox.ts';
import { freshDatabase } from '../support/database.ts';

const { db } = await freshDatabase();
const deliver = (consumer: string, id: string) => transaction(db, (tx) => firstTime(tx, consumer, id));

test('the first delivery is the first, every other is not, and each consumer counts for itself', async () => {
  assert.equal(await deliver('a', 'event-1'), true);
  assert.equal(await deliver('a', 'event-1'), false);
  assert.equal(await deliver('b', 'event-1'), true);
});

test('of deliveries at the same time one is the first', async () => {
  const all = Array.from({ length: 8 }, () => deliver('a', 'event-2'));
  assert.deepEqual((await Promise.all(all)).filter(Boolean), [true]);
});

test('a delivery whose transaction failed does not count', async () => {
  const failing = transaction(db, async (tx) => {
    await firstTime(tx, 'a', 'event-3');
    throw new Error('no');
  });
  await assert.rejects(failing);
  assert.equal(await deliver('a', 'event-3'), true);
});
