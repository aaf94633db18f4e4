import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { writer } from '../../outbox/write.ts';
import { span } from '../../telemetry/span.ts';
import { type Answered, openApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { only, type RecordedSpan } from '../support/spans.ts';

let nudge = async () => {};
const api = await openApi({
  say: writer(() => nudge()),
  publish: async (rows) => span(`send ${rows[0]?.name ?? 'nothing'}`, async () => {}),
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const traceIdOf = ({ headers }: Answered) => /00-([0-9a-f]{32})-/.exec(headers['server-timing'] ?? '')?.[1];

/** The spans of an answer's trace, once its server span has ended. */
async function spansOf(answered: Answered): Promise<RecordedSpan[]> {
  const spans = () => api.spans.all().filter(({ traceId }) => traceId === traceIdOf(answered));
  await eventually(() => spans().some(({ kind }) => kind === 'SERVER'), 'the end of the server span');
  return spans();
}

/** Name and parent's name of every span, in the order they ended. */
const outline = (spans: RecordedSpan[]) =>
  spans.map((recorded) => {
    const parent = spans.find((candidate) => candidate.spanId === recorded.parentId);
    return `${recorded.name} < ${parent?.name ?? '-'}`;
  });

for (const door of api.doors) {
  describe(`through the ${door.name} door`, () => {
    test('creating a placement makes the tree of the wire, the sending outside of the story', async () => {
      const material = await api.material();
      const created = await door.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
      const spans = await spansOf(created);
      assert.deepEqual(outline(spans), [
        'SELECT nedlia.videos < placement.validate_video',
        'placement.validate_video < placement.create',
        'SELECT nedlia.products < placement.create',
        'SELECT nedlia.placements < placement.check_overlaps',
        'placement.check_overlaps < placement.create',
        'INSERT nedlia.placements < placement.create',
        'INSERT nedlia.outbox < placement.create',
        'placement.create < POST /v1/placements',
        'send placement.created < POST /v1/placements',
        'POST /v1/placements < -',
      ]);
      const story = only(spans, 'placement.create');
      assert.equal(story.attributes['placement.id'], created.json['id']);
      assert.equal(story.attributes['placement.video_id'], material.video_id);
      assert.equal(story.attributes['placement.product_id'], material.product_id);
      const server = only(spans, 'POST /v1/placements');
      assert.equal(server.attributes['http.route'], '/v1/placements');
      assert.equal(server.attributes['http.response.status_code'], 201);
      assert.ok(spans.every((recorded) => recorded.status !== 'ERROR'));
    });

    test('an overlap marks the check and the story as failed, and not the request', async () => {
      const material = await api.material();
      const body = { ...material, start_time: 1, end_time: 2 };
      await door.send('POST', '/v1/placements', body);
      const spans = await spansOf(await door.send('POST', '/v1/placements', body));
      assert.equal(only(spans, 'placement.check_overlaps').status, 'ERROR');
      assert.equal(only(spans, 'placement.create').status, 'ERROR');
      assert.equal(only(spans, 'POST /v1/placements').status, 'UNSET');
    });

    test('cancelling and regenerating have their stories', async () => {
      const material = await api.material();
      const { json } = await door.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
      const path = `/v1/placements/${json['id']}`;
      const regenerated = outline(await spansOf(await door.send('POST', `${path}/regenerate`)));
      assert.ok(regenerated.includes('placement.regenerate < POST /v1/placements/:id/regenerate'), String(regenerated));
      assert.ok(regenerated.includes('INSERT nedlia.outbox < placement.regenerate'));
      const cancelled = outline(await spansOf(await door.send('DELETE', path)));
      assert.ok(cancelled.includes('placement.cancel < DELETE /v1/placements/:id'), String(cancelled));
      assert.ok(cancelled.includes('INSERT nedlia.outbox < placement.cancel'));
    });

    test("a caller's trace is continued", async () => {
      const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, 'x-correlation-id': 'order-1' };
      const answered = await door.send('GET', '/v1/videos', undefined, headers);
      assert.equal(traceIdOf(answered), TRACE);
      assert.equal(answered.headers['x-correlation-id'], 'order-1');
    });

    test('every answer names its trace: refused bodies, unknown paths and undecodable ones included', async () => {
      const asked = [
        door.send('GET', '/v1/none'),
        door.send('PATCH', '/v1/videos'),
        door.send('GET', '/v1/videos/%zz'),
        door.send('GET', `/v1/videos/${'x'.repeat(5000)}`),
        door.ask({ method: 'POST', path: '/v1/videos', headers: { 'content-type': 'application/json' }, body: '{' }),
        door.send('POST', '/v1/videos', { title: 'x'.repeat(70_000), duration: 1 }),
      ];
      for (const answered of await Promise.all(asked)) {
        assert.ok(answered.status >= 400);
        assert.equal(answered.json['trace_id'], traceIdOf(answered));
        assert.match(answered.headers['x-correlation-id'] ?? '', /^[A-Za-z0-9_-]{1,64}$/);
        const server = (await spansOf(answered)).find((recorded) => recorded.kind === 'SERVER');
        assert.equal(server?.attributes['http.response.status_code'], answered.status);
      }
    });

    test('health is not traced: no span, no headers, nothing for the statement it sends', async () => {
      api.spans.clear();
      for (const path of ['/health', '/health/live', '/health/ready', '/health/telemetry']) {
        const answered = await door.send('GET', path);
        assert.equal(answered.status, 200);
        assert.equal(answered.headers['server-timing'], undefined);
        assert.equal(answered.headers['x-correlation-id'], undefined);
      }
      await sleep(10);
      assert.deepEqual(api.spans.all(), []);
    });
  });
}

test('when the client goes away, the work is finished and its span says so', async () => {
  const material = await api.material();
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  nudge = async () => {
    reached.resolve();
    await opened.promise;
  };
  const body = JSON.stringify({ ...material, start_time: 1, end_time: 2 });
  const headers = { 'content-type': 'application/json', traceparent: `00-${'a'.repeat(32)}-${PARENT}-01` };
  const request = httpRequest({ port: api.port, method: 'POST', path: '/v1/placements', headers });
  request.on('error', () => {});
  request.end(body);
  await reached.promise;
  request.destroy();
  const ofIt = () => api.spans.all().find(({ traceId, kind }) => traceId === 'a'.repeat(32) && kind === 'SERVER');
  await eventually(ofIt, 'the end of the server span, with the client');
  nudge = async () => {};
  opened.resolve();

  const list = () => api.http.send('GET', `/v1/placements?video_id=${material.video_id}`);
  const placements = async () => (await list()).json['items'] as unknown[];
  await eventually(async () => (await placements()).length > 0, 'the placement');
  assert.equal((await placements()).length, 1);
});

describe('what a caller may say about the trace', () => {
  for (const edge of ['link', 'ignore'] as const) {
    test(`TRACE_EDGE=${edge} starts a trace of our own through both doors`, async () => {
      const other = await openApi({ edge }, api.spans);
      for (const door of other.doors) {
        const headers = { traceparent: `00-${TRACE}-${PARENT}-00` };
        const answered = await door.send('GET', '/v1/videos', undefined, headers);
        assert.ok(traceIdOf(answered));
        assert.notEqual(traceIdOf(answered), TRACE);
        const server = (await spansOf(answered)).findLast(({ kind }) => kind === 'SERVER');
        assert.equal(server?.links.length, edge === 'link' ? 1 : 0);
      }
    });
  }
});
