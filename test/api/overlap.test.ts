import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem, openApi } from '../support/api.ts';

const api = await openApi();
const RACES = 25;
const WRITERS = 8;

test(`of ${WRITERS} writers of overlapping intervals one gets 201, the others 409 within a second, in each of ${RACES} races`, async () => {
  const { product_id } = await api.material();
  for (let race = 0; race < RACES; race += 1) {
    const video = await api.http.send('POST', '/v1/videos', { title: 'Race', duration: 60 });
    const began = performance.now();
    const answers = await Promise.all(
      Array.from({ length: WRITERS }, (_, writer) => {
        const body = { video_id: video.json['id'], product_id, start_time: writer, end_time: 10 + writer };
        return api.doors[writer % 2]!.send('POST', '/v1/placements', body);
      }),
    );
    const losers = answers.filter((answer) => answer.status !== 201);
    assert.equal(losers.length, WRITERS - 1);
    for (const loser of losers) assertProblem(loser, 409, 'placement-overlap');
    assert.ok(performance.now() - began < 1000);
  }
});
