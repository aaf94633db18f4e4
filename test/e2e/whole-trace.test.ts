import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { can, named, one, usePlace } from '../support/place.ts';

const place = usePlace();
const aTraceId = () => randomBytes(16).toString('hex');

test('one placement is one trace with every hop, and every end of the pipeline got its due', async () => {
  const material = await place.material();
  const created = await place.send('POST', '/v1/placements', { ...material, start_time: 12.5, end_time: 20 });
  assert.equal(created.status, 201);
  const spans = await place.wholeTrace(created.traceId);

  const services = new Set(spans.map(({ service }) => service));
  services.delete('nedlia-receiver'); // where it is deployed it goes on in the trace
  assert.deepEqual([...services].toSorted(), [
    'nedlia-api',
    'nedlia-file-generator',
    'nedlia-notifier',
    'nedlia-validator',
  ]);
  for (const span of spans) {
    assert.equal(span.status.code === 'ERROR', false, `${span.name} failed: ${span.status.message}`);
    assert.equal(span.resource['service.namespace'], 'nedlia');
  }
  const root = one(spans, 'POST /v1/placements');
  assert.equal(root.attributes['http.route'], '/v1/placements');
  assert.equal(root.attributes['http.response.status_code'], 201);
  const send = one(spans, 'send nedlia-events (placement.created)');
  assert.equal(send.parentSpanId, root.spanId);
  const consumer = one(spans, 'process nedlia-validator');
  if (can('kinds')) assert.deepEqual([root.kind, send.kind, consumer.kind], ['SERVER', 'PRODUCER', 'CONSUMER']);
  assert.equal(typeof consumer.attributes['messaging.wait_ms'], 'number');
  if (can('links')) {
    assert.equal(consumer.links.length, 1, 'the invocation is a link');
    assert.notEqual(consumer.links[0]?.traceId, created.traceId, 'and a trace of its own');
  }

  const placement = (await place.send('GET', `/v1/placements/${created.json['id']}`)).json;
  const { bucket, key, sha256 } = placement['file'];
  const content = await place.object(bucket, key);
  assert.match(content, /^WEBVTT/);
  assert.match(content, /Canoe/);
  assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
  assert.equal(key, `placements/${created.json['id']}/${sha256}.vtt`);
  assert.equal(placement['validation'].verdict, 'valid');

  const types = ['placement.created', 'placement.file_generated', 'placement.validated'];
  if (!can('webhookContents')) return assert.deepEqual(await receivedTypes(created.traceId), types);
  const webhooks = (await place.webhooksAbout(created.json['id'])).map(({ headers, body }) => ({
    headers,
    ...JSON.parse(body),
  }));
  assert.deepEqual(webhooks.map(({ type }) => String(type)).toSorted(), types);
  for (const { headers } of webhooks) {
    assert.equal(headers.traceparent.split('-')[1], created.traceId);
    assert.equal(headers.baggage, undefined, 'baggage never crosses the public edge');
  }
});

/** What the deployed receiver has written down about the genuine webhooks of a trace, once there are three. */
async function receivedTypes(traceId: string): Promise<string[]> {
  for (const deadline = Date.now() + place.patienceMs; ; await sleep(1000)) {
    const lines = (await place.logs('nedlia-receiver')).filter((line) => line.includes(traceId));
    const received = lines.map((line) => JSON.parse(line)).filter(({ message }) => message === 'webhook received');
    const types = new Set(received.map(({ type }) => String(type)));
    if (types.size >= 3 || Date.now() > deadline) return [...types].toSorted();
  }
}

test("a caller's trace is continued, with its correlation id at every hop and on the webhook", async () => {
  const material = await place.material();
  const traceId = aTraceId();
  const created = await place.send(
    'POST',
    '/v1/placements',
    { ...material, start_time: 1, end_time: 2 },
    {
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      tracestate: 'vendor=1',
      'x-correlation-id': 'order-7',
      baggage: 'secret=1',
    },
  );
  assert.equal(created.traceId, traceId);
  assert.equal(created.headers.get('x-correlation-id'), 'order-7');
  const spans = await place.wholeTrace(traceId);
  assert.equal(one(spans, 'POST /v1/placements').parentSpanId, '00f067aa0ba902b7');

  if (!can('webhookContents')) return;
  const webhooks = await place.webhooksAbout(created.json['id']);
  for (const { headers } of webhooks) {
    assert.equal(headers['x-correlation-id'], 'order-7');
    assert.equal(headers['tracestate'], 'vendor=1');
  }
  assert.equal(webhooks.length, 3);
});

test('a command goes straight to its queue and continues the trace of its request', async () => {
  const material = await place.material();
  const created = await place.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
  await place.wholeTrace(created.traceId);
  const wished = await place.send('POST', `/v1/placements/${created.json['id']}/regenerate`);
  assert.equal(wished.status, 202);
  const spans = await place.until(
    wished.traceId,
    (all) =>
      ['POST', 'POST /v1/placements/:id/regenerate', 'process nedlia-file-generator'].every(
        (name) => named(all, name).length === 1,
      ),
    'both ends, and what stands between them',
  );

  const send = one(spans, 'send nedlia-file-generator (placement.regenerate_file)');
  assert.equal(send.parentSpanId, one(spans, 'POST /v1/placements/:id/regenerate').spanId);
  assert.equal(send.attributes['messaging.system.name'], 'aws.sqs');
  assert.equal(one(spans, 'process nedlia-file-generator').parentSpanId, send.spanId);
  const put = one(spans, 'S3.PutObject');
  assert.equal(put.attributes['http.response.status_code'], 412, 'the same content is there already');
  if (can('ownStatus')) assert.notEqual(put.status.code, 'ERROR', 'which is success by construction');
});

test('a placement outside its video is rejected: an event, not an error', async () => {
  const material = await place.material();
  const created = await place.send('POST', '/v1/placements', { ...material, start_time: 590, end_time: 700 });
  assert.equal(created.status, 201);
  const spans = await place.until(
    created.traceId,
    (all) => named(all, 'send nedlia-events (placement.rejected)').length === 1,
    'the verdict',
  );
  assert.notEqual(one(spans, 'process nedlia-validator').status.code, 'ERROR');
  const { validation } = (await place.send('GET', `/v1/placements/${created.json['id']}`)).json;
  assert.equal(validation.verdict, 'rejected');
  assert.ok(validation.reasons.length > 0);
});

test('a cancelled placement frees its interval and is reported', async () => {
  const material = await place.material();
  const wish = { ...material, start_time: 1, end_time: 2 };
  const created = await place.send('POST', '/v1/placements', wish);
  assert.equal((await place.send('POST', '/v1/placements', wish)).status, 409);
  const cancelled = await place.send('DELETE', `/v1/placements/${created.json['id']}`);
  assert.equal(Math.floor(cancelled.status / 100), 2);
  await place.until(cancelled.traceId, (all) => named(all, 'notifier.send_notification').length === 1, 'the webhook');
  assert.equal((await place.send('GET', `/v1/placements/${created.json['id']}`)).json['status'], 'cancelled');
  assert.equal((await place.send('POST', '/v1/placements', wish)).status, 201);
});
