import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { Unavailable } from '../../core/unavailable.ts';
import { writer } from '../../outbox/write.ts';
import { type Answered, assertProblem, openApi } from '../support/api.ts';

let gate: { reached: () => void; opened: Promise<void> } | undefined;
let nudgeFails = false;
const api = await openApi({
  say: writer(async () => {
    gate?.reached();
    await gate?.opened;
    if (nudgeFails) throw new Unavailable('the queue is down');
  }),
});

const withKey = (key: string) => ({ 'idempotency-key': key });
let number = 0;
const newKey = () => `key-${(number += 1)}`;

const replayable = async () => {
  const material = await api.material();
  const { json } = await api.http.send('POST', '/v1/placements', { ...material, start_time: 100, end_time: 101 });
  return [
    ['/v1/videos', { title: 'Night', duration: 5 }, 201],
    ['/v1/products', { name: 'Canoe' }, 201],
    ['/v1/placements', { ...material, start_time: 1, end_time: 2 }, 201],
    [`/v1/placements/${json['id']}/regenerate`, undefined, 202],
  ] as const;
};

const sameAnswer = ({ status, headers, json }: Answered) => ({ status, location: headers['location'], json });

test('a POST repeated with its key is answered the same, and done once', async () => {
  for (const door of api.doors) {
    for (const [path, body, status] of await replayable()) {
      const key = newKey();
      const first = await door.send('POST', path, body, withKey(key));
      const said = api.published.length;
      const second = await door.send('POST', path, body, withKey(key));
      const third = await door.send('POST', path, body, withKey(key));
      assert.equal(first.status, status, first.text);
      assert.equal(first.headers['idempotency-replayed'], undefined);
      assert.deepEqual(sameAnswer(second), sameAnswer(first));
      assert.deepEqual(third.text, first.text);
      assert.equal(second.headers['idempotency-replayed'], 'true');
      assert.equal(api.published.length, said, 'nothing is said again');
    }
  }
});

test('fields in another order are the same request', async () => {
  const key = newKey();
  const first = await api.http.send('POST', '/v1/videos', { title: 'Night', duration: 5 }, withKey(key));
  const second = await api.http.send('POST', '/v1/videos', { duration: 5, title: 'Night' }, withKey(key));
  assert.equal(second.text, first.text);
});

test('another body with the same key is 422, and the kept answer stays', async () => {
  for (const door of api.doors) {
    const key = newKey();
    const first = await door.send('POST', '/v1/videos', { title: 'Night', duration: 5 }, withKey(key));
    const other = await door.send('POST', '/v1/videos', { title: 'Day', duration: 5 }, withKey(key));
    assertProblem(other, 422, 'idempotency-key-reused');
    const again = await door.send('POST', '/v1/videos', { title: 'Night', duration: 5 }, withKey(key));
    assert.equal(again.text, first.text);
  }
});

test('another placement with the same key is 422', async () => {
  const material = await api.material();
  const place = (start_time: number) =>
    api.http.send('POST', '/v1/placements', { ...material, start_time, end_time: start_time + 1 });
  const [one, other] = [await place(1), await place(2)];
  const key = newKey();
  const first = await api.http.send('POST', `/v1/placements/${one.json['id']}/regenerate`, {}, withKey(key));
  assert.equal(first.status, 202);
  const second = await api.http.send('POST', `/v1/placements/${other.json['id']}/regenerate`, {}, withKey(key));
  assertProblem(second, 422, 'idempotency-key-reused');
});

test('the same key on another path is another key', async () => {
  const key = newKey();
  const video = await api.http.send('POST', '/v1/videos', { title: 'Night', duration: 5 }, withKey(key));
  const product = await api.http.send('POST', '/v1/products', { name: 'Canoe' }, withKey(key));
  assert.deepEqual([video.status, product.status], [201, 201]);
});

test('while the first request is working, the second is 409 with Retry-After', async () => {
  for (const door of api.doors) {
    const body = { ...(await api.material()), start_time: 1, end_time: 2 };
    const key = newKey();
    const reached = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<void>();
    gate = { reached: reached.resolve, opened: opened.promise };
    const first = door.send('POST', '/v1/placements', body, withKey(key));
    await reached.promise;
    const second = await door.send('POST', '/v1/placements', body, withKey(key));
    gate = undefined;
    opened.resolve();
    assertProblem(second, 409, 'request-in-flight');
    assert.equal(second.headers['retry-after'], '1');
    const answered = await first;
    assert.equal(answered.status, 201, answered.text);
    assert.equal((await door.send('POST', '/v1/placements', body, withKey(key))).text, answered.text);
  }
});

test('ten at once with one key do the work once', async () => {
  const body = { ...(await api.material()), start_time: 1, end_time: 2 };
  const key = newKey();
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => api.http.send('POST', '/v1/placements', body, withKey(key))),
  );
  const created = answers.filter((answer) => answer.status === 201);
  assert.ok(created.length >= 1);
  assert.equal(new Set(created.map((answer) => answer.json['id'])).size, 1);
  for (const answer of answers) if (answer.status !== 201) assertProblem(answer, 409, 'request-in-flight');
});

test('only 2xx answers are kept: a refused or failed request may be sent again with its key', async () => {
  const material = await api.material();
  const key = newKey();
  const body = { ...material, video_id: `later-${key}`, start_time: 1, end_time: 2 };
  const refused = await api.http.send('POST', '/v1/placements', body, withKey(key));
  assertProblem(refused, 422, 'unknown-video', '/video_id');
  await api.http.send('POST', '/v1/videos', { id: body.video_id, title: 'Late', duration: 60 });

  nudgeFails = true;
  const failed = await api.http.send('POST', '/v1/placements', body, withKey(key));
  nudgeFails = false;
  assertProblem(failed, 503, 'unavailable');

  const accepted = await api.http.send('POST', '/v1/placements', body, withKey(key));
  assert.equal(accepted.status, 201, accepted.text);
  assert.equal(accepted.headers['idempotency-replayed'], undefined);
});

test('an answer is kept for 24 hours', async () => {
  const key = newKey();
  const send = () => api.http.send('POST', '/v1/videos', { title: 'Night', duration: 5 }, withKey(key));
  const first = await send();
  const age = (interval: string) =>
    sql`update nedlia.idempotency_keys set created_at = now() - ${interval}::interval where key like ${`%${key}`}`.execute(
      api.db,
    );
  await age('23 hours 59 minutes');
  assert.equal((await send()).text, first.text);
  await age('24 hours 1 minute');
  const later = await send();
  assert.equal(later.status, 201);
  assert.notEqual(later.json['id'], first.json['id']);
});
