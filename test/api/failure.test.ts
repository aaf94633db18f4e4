import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { Unavailable } from '../../core/unavailable.ts';
import { writer } from '../../outbox/write.ts';
import { openDatabase, ping } from '../../store/database.ts';
import { oldestUnpublishedAgeMs } from '../../store/outbox.ts';
import { listPlacements } from '../../store/placements.ts';
import { assertProblem, openApi } from '../support/api.ts';
import { captureLog } from '../support/log-lines.ts';

const lines = captureLog({ after: (done) => after(done as () => void) });
const nudges = { fail: async () => {} };
const api = await openApi({ say: writer(() => nudges.fail()) });

test('when the relay cannot be nudged, the answer is 503 and nothing is stored or said', async () => {
  nudges.fail = async () => {
    throw new Unavailable('no nudge', { retryAfter: 7 });
  };
  const material = await api.material();
  const before = api.published.length;
  for (const door of api.doors) {
    const answered = await door.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
    assertProblem(answered, 503, 'unavailable');
    assert.equal(answered.headers['retry-after'], '7');
  }
  assert.deepEqual(await listPlacements(api.db, { limit: 1, videoId: material.video_id }), []);
  assert.equal(await oldestUnpublishedAgeMs(api.db), undefined);
  assert.equal(api.published.length, before);
});

test('what nobody foresaw is 500 without a word of it in the answer, and in the log with its trace', async () => {
  nudges.fail = async () => {
    throw new TypeError('cannot read SELECT of undefined');
  };
  const material = await api.material();
  for (const door of api.doors) {
    const answered = await door.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
    assertProblem(answered, 500, 'internal-error');
    assert.ok(!/SELECT|TypeError|\.ts|stack/.test(answered.text), answered.text);
    const line = lines.find((one) => one['trace_id'] === answered.json['trace_id'] && one.level === 'error');
    assert.equal((line?.['error'] as { type: string } | undefined)?.type, 'TypeError');
    assert.equal(line?.['route'], '/v1/placements');
  }
});

test('work that does not end is 503 in time', { timeout: 60_000 }, async () => {
  const end = Promise.withResolvers<void>();
  nudges.fail = () => end.promise;
  // What it needs is made by the other, whose limit is not short.
  const slow = await openApi({ db: api.db, say: writer(() => nudges.fail()), answerWithinMs: 200 }, api.spans);
  for (const door of slow.doors) {
    const body = { ...(await api.material()), start_time: 1, end_time: 2 };
    const began = performance.now();
    const answered = await door.send('POST', '/v1/placements', body);
    assertProblem(answered, 503, 'unavailable');
    assert.equal(answered.headers['retry-after'], '5');
    assert.ok(performance.now() - began < 8000, 'long before the 19 s that are given else');
  }
  end.resolve();
});

/** Nothing listens there; or something does that never answers. */
async function deadDatabase(t: { after: (done: () => void) => void }, silent: boolean): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  server.on('connection', (socket) => t.after(() => void socket.destroy()));
  if (silent) t.after(() => void server.close());
  else await new Promise((resolve) => server.close(resolve));
  return `postgresql://nobody@127.0.0.1:${port}/nothing`;
}

for (const [what, silent] of [
  ['refuses', false],
  ['swallows', true],
] as const) {
  test(`while the database ${what} connections, every request is 503 with Retry-After, and health says so`, async (t) => {
    const url = await deadDatabase(t, silent);
    const db = openDatabase({ url, connectTimeoutMs: 100 });
    t.after(() => db.destroy());
    const down = await openApi({ db, ping: () => ping(db) }, api.spans);
    const place = { video_id: 'v', product_id: 'p', start_time: 1, end_time: 2 };
    for (const door of down.doors) {
      const answers = await Promise.all([
        door.send('POST', '/v1/placements', place),
        door.send('POST', '/v1/videos', { title: 'Night', duration: 1 }, { 'idempotency-key': 'k' }),
        door.send('GET', '/v1/videos'),
        door.send('GET', '/v1/placements/some'),
        door.send('DELETE', '/v1/placements/some'),
      ]);
      for (const answered of answers) {
        assertProblem(answered, 503, 'unavailable');
        assert.match(answered.headers['retry-after'] ?? '', /^\d+$/);
        assert.ok(!answered.text.includes('127.0.0.1'), answered.text);
      }
      const ready = await door.send('GET', '/health/ready');
      assert.deepEqual([ready.status, ready.json['code']], [503, 'unavailable']);
      assert.equal((await door.send('GET', '/health')).json['database'], 'unreachable');
      assert.equal((await door.send('GET', '/health/live')).status, 200);
    }
  });
}

test('readiness is answered within about a second, however silent the database is', async (t) => {
  const db = openDatabase({ url: await deadDatabase(t, true), connectTimeoutMs: 30_000 });
  const down = await openApi({ db, ping: () => ping(db) }, api.spans);
  const limits = t.mock.method(AbortSignal, 'timeout');
  const began = performance.now();
  assert.equal((await down.http.send('GET', '/health/ready')).status, 503);
  assert.ok(performance.now() - began < 10_000, 'long before the 30 s a connection is given');
  // What a busy machine adds is not to be told from a longer limit, so the limit itself is looked at as well.
  assert.deepEqual(
    limits.mock.calls.map((call) => call.arguments),
    [[1000]],
  );
  t.after(() => db.destroy()); // behind the end of what it connects to, which it would wait for
});

test('when all sessions are busy, the answer is 503, and the next one works', async (t) => {
  const db = openDatabase({ url: api.databaseUrl, max: 1, connectTimeoutMs: 2000 });
  t.after(() => db.destroy());
  const small = await openApi({ db, ping: () => ping(db) }, api.spans);
  const release = Promise.withResolvers<void>();
  const busy = db.connection().execute(() => release.promise);
  assertProblem(await small.http.send('GET', '/v1/videos'), 503, 'unavailable');
  release.resolve();
  await busy;
  assert.equal((await small.http.send('GET', '/v1/videos')).status, 200);
});
