import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transaction } from '../../store/database.ts';
import { lockVideo } from '../../store/placements.ts';
import { somebodyWaits } from '../support/advisory-locks.ts';
import { assertProblem, openApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';

const api = await openApi();
const RACES = 25;
const WRITERS = 8;

test(`of ${WRITERS} writers of overlapping intervals one gets 201, the others 409, in each of ${RACES} races, and soon`, async () => {
  const { product_id } = await api.material();
  const took: number[] = [];
  let late = 0;
  for (let race = 0; race < RACES; race += 1) {
    const video = await api.http.send('POST', '/v1/videos', { title: 'Race', duration: 60 });
    const began = performance.now();
    const answers = await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        const body = { video_id: video.json['id'], product_id, start_time: writer, end_time: 10 + writer };
        for (;;) {
          const answer = await api.doors[writer % 2]!.send('POST', '/v1/placements', body);
          if (answer.status !== 503 || late > RACES) return answer;
          late += 1; // on a busy machine a lock may not be had within its second
        }
      }),
    );
    const losers = answers.filter((answer) => answer.status !== 201);
    assert.equal(losers.length, WRITERS - 1);
    for (const loser of losers) assertProblem(loser, 409, 'placement-overlap');
    took.push(performance.now() - began);
  }
  // Whoever waits for a lock in vain, or in a circle, waits a second and more; a few may have to when the machine is busy.
  const [median = Infinity] = took.toSorted((a, b) => a - b).slice(RACES / 2);
  assert.ok(median < 1000 && late < RACES, `${took.map(Math.round).join(', ')} ms, ${late} answers of 503`);
});

test('a placement waits for whoever writes into its video already', async () => {
  const { video_id, product_id } = await api.material();
  let over = false;
  const asked = await transaction(api.db, async (tx) => {
    await lockVideo(tx, video_id);
    const body = { video_id, product_id, start_time: 1, end_time: 2 };
    const answer = api.http.send('POST', '/v1/placements', body).finally(() => (over = true));
    await eventually(async () => over || (await somebodyWaits(api.db)), 'a request that waits');
    return { answer, waited: !over };
  });
  assert.equal(asked.waited, true);
  await asked.answer;
});
