import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insertVideo, listVideos, findVideo } from '../../store/videos.ts';
import { freshDatabase } from '../support/database.ts';
test('smoke', async (t) => {
  const { db } = await freshDatabase(t);
  const v = await insertVideo(db, { id: 'a', title: 't', durationMs: 5 });
  console.log(v, await findVideo(db, 'a'), await listVideos(db, { limit: 3, after: { createdAt: new Date(0), id: '' } }));
  await assert.rejects(insertVideo(db, { id: 'a', title: 't', durationMs: 5 }), { name: 'Duplicate' });
});
