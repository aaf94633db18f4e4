import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transaction } from '../../store/database.ts';
import { listPlacements } from '../../store/placements.ts';
import { findProduct, insertProduct, listProducts } from '../../store/products.ts';
import { findVideo, insertVideo, listVideos } from '../../store/videos.ts';
import { freshDatabase } from '../support/database.ts';
import { storeMaterial } from '../support/material.ts';

test('page after page shows every row once, oldest first, also rows of the same millisecond', async (t) => {
  const { db } = await freshDatabase(t);
  const ids = Array.from({ length: 10 }, (_, index) => `video-${index}`);
  // One transaction is one moment.
  await transaction(db, async (tx) => {
    for (const id of ids.slice(0, 5)) await insertVideo(tx, { id, title: id, durationMs: 1 });
  });
  for (const id of ids.slice(5)) await insertVideo(db, { id, title: id, durationMs: 1 });

  const seen: string[] = [];
  let page = await listVideos(db, { limit: 3 });
  while (page.length > 0) {
    seen.push(...page.map(({ id }) => id));
    page = await listVideos(db, { limit: 3, after: page.at(-1) });
  }
  assert.deepEqual(seen, ids);
});

test('placements are listed for one video or for all', async (t) => {
  const { db } = await freshDatabase(t);
  const [a, b] = [await storeMaterial(db), await storeMaterial(db)];
  const first = await a.place(0, 1);
  const second = await b.place(0, 1);
  const third = await a.place(1, 2);
  assert.deepEqual(await listPlacements(db, { limit: 9, videoId: a.video.id }), [first, third]);
  assert.deepEqual(await listPlacements(db, { limit: 9, videoId: a.video.id, after: first }), [third]);
  assert.deepEqual(await listPlacements(db, { limit: 9 }), [first, second, third]);
});

test('what was stored is found as it was stored, and an id is taken once', async (t) => {
  const { db } = await freshDatabase(t);
  const { video, product } = await storeMaterial(db);
  assert.deepEqual(await findVideo(db, video.id), video);
  assert.deepEqual(await findProduct(db, product.id), product);
  assert.equal(await findVideo(db, 'unknown'), undefined);
  await assert.rejects(insertVideo(db, video), { name: 'Duplicate' });
  await assert.rejects(insertProduct(db, product), { name: 'Duplicate' });
  assert.deepEqual(await listProducts(db, { limit: 9 }), [product]);
});
