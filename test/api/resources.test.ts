import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { v7 as uuid } from 'uuid';
import { transaction } from '../../store/database.ts';
import { insertFile } from '../../store/files.ts';
import { insertValidation } from '../../store/validations.ts';
import { type Answered, assertProblem, type Door, openApi } from '../support/api.ts';

const api = await openApi();
const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

for (const door of api.doors) {
  const prefix = door.name === 'lambda' ? '/prod' : '';

  describe(`through the ${door.name} door`, () => {
    test('a video is created with an id of ours and can be read where Location says', async () => {
      const created = await door.send('POST', '/v1/videos', { title: 'Opening night 🎬', duration: 90.001 });
      assert.equal(created.status, 201);
      const { id, created_at, ...rest } = created.json;
      assert.match(String(id), UUID7);
      assert.ok(Date.now() - Date.parse(String(created_at)) < 60_000);
      assert.deepEqual(rest, { title: 'Opening night 🎬', duration: 90.001 });
      assert.equal(created.headers['location'], `${prefix}/v1/videos/${id}`);
      const read = await door.send('GET', `/v1/videos/${id}`);
      assert.deepEqual([read.status, read.json], [200, created.json]);
    });

    test('a product is created with an id of the caller and can be read', async () => {
      const id = `product-${door.name}`;
      const created = await door.send('POST', '/v1/products', { id, name: 'Canoe' });
      assert.deepEqual([created.status, created.json['id']], [201, id]);
      assert.equal(created.headers['location'], `${prefix}/v1/products/${id}`);
      const read = await door.send('GET', `/v1/products/${id}`);
      assert.deepEqual(read.json, created.json);
    });

    test('an id that is taken is 409, and changes nothing', async () => {
      const ids = { video: `taken-v-${door.name}`, product: `taken-p-${door.name}` };
      await door.send('POST', '/v1/videos', { id: ids.video, title: 'First', duration: 1 });
      await door.send('POST', '/v1/products', { id: ids.product, name: 'First' });
      const video = await door.send('POST', '/v1/videos', { id: ids.video, title: 'Second', duration: 2 });
      const product = await door.send('POST', '/v1/products', { id: ids.product, name: 'Second' });
      assertProblem(video, 409, 'already-exists', '/id');
      assertProblem(product, 409, 'already-exists', '/id');
      const kept = await door.send('GET', `/v1/videos/${ids.video}`);
      assert.equal(kept.json['title'], 'First');
    });

    test('a placement is created, says so once, and can be read', async () => {
      const material = await api.material();
      const before = api.published.length;
      const created = await door.send(
        'POST',
        '/v1/placements',
        { ...material, start_time: 1.001, end_time: 2.5 },
        { 'x-correlation-id': 'order-4711' },
      );
      assert.equal(created.status, 201, created.text);
      const { id, created_at: _, ...rest } = created.json;
      assert.match(String(id), UUID7);
      assert.deepEqual(rest, {
        ...material,
        start_time: 1.001,
        end_time: 2.5,
        status: 'active',
        cancelled_at: null,
        file: null,
        validation: null,
      });
      assert.equal(created.headers['location'], `${prefix}/v1/placements/${id}`);
      const read = await door.send('GET', `/v1/placements/${id}`);
      assert.deepEqual(read.json, created.json);

      const [row, ...others] = api.published.slice(before);
      assert.equal(others.length, 0);
      assert.equal(row?.name, 'placement.created');
      assert.equal(row.destination, 'nedlia-events');
      const { event_id, event_version, occurred_at, ...said } = row.payload;
      assert.deepEqual([event_id, event_version], [row.id, 1]);
      assert.ok(Date.parse(String(occurred_at)) > 0);
      assert.deepEqual(said, {
        correlation_id: 'order-4711',
        placement_id: id,
        ...material,
        start_time: 1.001,
        end_time: 2.5,
      });
    });

    test('a placement beyond the end of its video is accepted: the validator judges it', async () => {
      const material = await api.material();
      const created = await door.send('POST', '/v1/placements', { ...material, start_time: 0, end_time: 604_800 });
      assert.equal(created.status, 201, created.text);
    });

    test('touching intervals are 201; overlap by a millisecond, identical, enclosing and enclosed are 409', async () => {
      const material = await api.material();
      const place = (start_time: number, end_time: number) =>
        door.send('POST', '/v1/placements', { ...material, start_time, end_time });
      assert.equal((await place(10, 20)).status, 201);
      assert.equal((await place(20, 30)).status, 201);
      assert.equal((await place(5, 10)).status, 201);
      for (const [start, end] of [
        [10, 20],
        [19.999, 40],
        [0, 5.001],
        [0, 100],
        [12, 13],
      ] as const) {
        assertProblem(await place(start, end), 409, 'placement-overlap');
      }
    });

    test('cancelling frees the interval, says so once, and stays readable', async () => {
      const material = await api.material();
      const body = { ...material, start_time: 1, end_time: 2 };
      const { json } = await door.send('POST', '/v1/placements', body);
      const path = `/v1/placements/${json['id']}`;
      const before = api.published.length;
      const first = await door.send('DELETE', path);
      assert.deepEqual([first.status, first.text], [204, '']);
      assert.equal((await door.send('DELETE', path)).status, 204);
      const said = api.published.slice(before);
      assert.deepEqual(
        said.map((row) => [row.name, row.payload['placement_id']]),
        [['placement.cancelled', json['id']]],
      );

      const read = await door.send('GET', path);
      assert.deepEqual([read.status, read.json['status']], [200, 'cancelled']);
      assert.ok(Date.parse(String(read.json['cancelled_at'])) > 0);
      assert.equal((await door.send('POST', '/v1/placements', body)).status, 201);
      assertProblem(await door.send('POST', `${path}/regenerate`), 409, 'placement-cancelled');
    });

    test('regenerating is a command for the file generator, with or without an empty body', async () => {
      const material = await api.material();
      const { json } = await door.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
      const path = `/v1/placements/${json['id']}`;
      for (const body of [undefined, {}]) {
        const before = api.published.length;
        const asked = await door.send('POST', `${path}/regenerate`, body);
        assert.equal(asked.status, 202, asked.text);
        assert.equal(asked.headers['location'], `${prefix}${path}`);
        const [command] = api.published.slice(before);
        assert.equal(command?.kind, 'command');
        assert.equal(command.destination, 'nedlia-file-generator');
        assert.equal(command.payload['command'], 'placement.regenerate_file');
        assert.deepEqual(asked.json, { placement_id: json['id'], command_id: command.id });
      }
    });

    test('a placement shows the newest file and the newest verdict', async () => {
      const material = await api.material();
      const { json } = await door.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
      const placementId = String(json['id']);
      for (const letter of ['a', 'b']) {
        await transaction(api.db, async (tx) => {
          const about = { causedBy: uuid(), placementId };
          await insertFile(tx, { ...about, bucket: 'files', key: `${letter}.vtt`, sha256: letter.repeat(64) });
          const rejected = letter === 'b';
          const reasons = rejected ? ['beyond the end of the video'] : [];
          await insertValidation(tx, { ...about, verdict: rejected ? 'rejected' : 'valid', reasons });
        });
      }
      const read = await door.send('GET', `/v1/placements/${placementId}`);
      assert.deepEqual(read.json['file'], { bucket: 'files', key: 'b.vtt', sha256: 'b'.repeat(64) });
      assert.deepEqual(read.json['validation'], { verdict: 'rejected', reasons: ['beyond the end of the video'] });
      assert.equal(read.json['status'], 'active');
    });

    test('lists are cut into pages, oldest first, each row once', async () => {
      const { video_id, product_id } = await api.material();
      const made: string[] = [];
      for (let second = 0; second < 5; second += 1) {
        const body = { video_id, product_id, start_time: second, end_time: second + 1 };
        const { json } = await door.send('POST', '/v1/placements', body);
        made.push(String(json['id']));
      }
      assert.deepEqual(await readAll(door, `/v1/placements?video_id=${video_id}&limit=2`), made);
      const whole = await door.send('GET', `/v1/placements?video_id=${video_id}`);
      assert.equal(whole.json['items'].length, 5);
      assert.equal(whole.json['next_cursor'], null);
      for (const list of ['videos', 'products', 'placements']) {
        const ids = await readAll(door, `/v1/${list}?limit=3`);
        assert.equal(new Set(ids).size, ids.length);
        assert.ok(ids.length >= 2, list);
      }
      const exact = await door.send('GET', `/v1/placements?limit=100&video_id=${video_id}`);
      assert.deepEqual([exact.status, exact.json['next_cursor']], [200, null]);
      const none = await door.send('GET', '/v1/placements?video_id=unknown');
      assert.deepEqual(none.json, { items: [], next_cursor: null });
    });

    test('health says that it lives, is ready, and how it is', async () => {
      assert.deepEqual((await door.send('GET', '/health/live')).json, { status: 'ok' });
      assert.deepEqual((await door.send('GET', '/health/ready')).json, { status: 'ok' });
      const { json } = await door.send('GET', '/health');
      assert.deepEqual([json['status'], json['database']], ['ok', 'ok']);
    });
  });
}

async function readAll(door: Door, path: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Answered = await door.send('GET', cursor ? `${path}&cursor=${cursor}` : path);
    assert.equal(page.status, 200, page.text);
    ids.push(...(page.json['items'] as { id: string }[]).map((item) => item.id));
    cursor = page.json['next_cursor'] as string | null;
  } while (cursor);
  return ids;
}

test('a cursor that is not written as we write it is refused, even if it can be read', async () => {
  await api.material();
  await api.material();
  const { json } = await api.http.send('GET', '/v1/videos?limit=1');
  const cursor = String(json['next_cursor']);
  const loose = Buffer.from(Buffer.from(cursor, 'base64url').toString().replace(',', ', ')).toString('base64url');
  assert.equal((await api.http.send('GET', `/v1/videos?cursor=${cursor}`)).status, 200);
  assertProblem(await api.http.send('GET', `/v1/videos?cursor=${loose}`), 400, 'invalid-request', '/cursor');
  assertProblem(await api.http.send('GET', `/v1/videos?cursor=${cursor}A`), 400, 'invalid-request', '/cursor');
});
