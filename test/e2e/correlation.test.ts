import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { can, named, usePlace } from '../support/place.ts';

const place = usePlace();
const CONSUMERS = ['nedlia-file-generator', 'nedlia-validator', 'nedlia-notifier'];
const text = (StringValue: string) => ({ DataType: 'String', StringValue });
const anId = () => `order-${randomUUID()}`;

/** The log lines of a service that belong to a trace, once there are any: what is printed may arrive after the spans. */
async function linesOf(service: string, traceId: string): Promise<Record<string, unknown>[]> {
  for (const deadline = Date.now() + place.patienceMs; Date.now() < deadline; await sleep(100)) {
    const lines = (await place.logs(service)).filter((line) => line.startsWith('{') && line.includes(traceId));
    if (lines.length > 0) return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
  return assert.fail(`${service} said nothing about ${traceId}`);
}

test('one correlation id, sent with a request, is on every span of its whole trace and on every webhook', async () => {
  const id = anId();
  const material = await place.material();
  const created = await place.send(
    'POST',
    '/v1/placements',
    { ...material, start_time: 1, end_time: 2 },
    { 'x-correlation-id': id, baggage: 'user_id=someone,correlation_id=other' },
  );
  assert.equal(created.headers.get('x-correlation-id'), id);
  assert.equal(created.headers.get('baggage'), null);
  const spans = await place.wholeTrace(created.traceId);
  assert.ok(spans.length > 20, `${spans.length} spans`);
  for (const { name, service, attributes } of spans) {
    assert.equal(attributes['correlation_id'], id, `${name} [${service}]`);
    assert.equal(attributes['user.id'], undefined, 'no baggage comes in by a public edge');
  }
  if (can('webhookContents')) {
    const webhooks = await place.webhooksAbout(created.json['id']);
    assert.equal(webhooks.length, 3);
    for (const { headers } of webhooks) {
      assert.deepEqual([headers['x-correlation-id'], headers['baggage']], [id, undefined]);
    }
  }
  const [asked, ...more] = await linesOf('nedlia-api', created.traceId);
  for (const line of [asked, ...more]) assert.equal(line?.['correlation_id'], id);
});

test('a command keeps it: on the spans of both ends, those between, and what follows', async () => {
  const material = await place.material();
  const created = await place.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
  await place.wholeTrace(created.traceId);
  const [id, path] = [anId(), `/v1/placements/${created.json['id']}/regenerate`];
  const wished = await place.send('POST', path, undefined, { 'x-correlation-id': id });
  const ends = ['POST', 'send nedlia-file-generator (placement.regenerate_file)'];
  const spans = await place.until(
    wished.traceId,
    (all) => ends.every((name) => named(all, name).length === 1),
    'both ends',
  );
  for (const { name, attributes } of spans) assert.equal(attributes['correlation_id'], id, name);
});

test('an event that no consumer can read has it from its baggage, on every span and every log line of all three', async () => {
  const [id, traceId] = [anId(), randomBytes(16).toString('hex')];
  const baggage = `tenant=blue,correlation_id=${id},user_id=u-7,operation=placements.import`;
  const Detail = JSON.stringify({ _trace: { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, baggage } });
  const event = { EventBusName: 'nedlia-events', Source: 'nedlia.api', DetailType: 'placement.created', Detail };
  await place.eventBridge.send(new PutEventsCommand({ Entries: [event] }));
  const spans = await place.until(
    traceId,
    (all) => CONSUMERS.every((name) => named(all, `process ${name}`).length === 1),
    'all three',
  );
  for (const { name, attributes } of spans) {
    const said = [attributes['correlation_id'], attributes['user.id'], attributes['operation']];
    assert.deepEqual(said, [id, 'u-7', 'placements.import'], name);
  }
  for (const service of CONSUMERS) {
    const lines = await linesOf(service, traceId);
    assert.equal(lines[0]?.['message'], 'message given up');
    for (const line of lines) {
      const said = [line['correlation_id'], line['user_id'], line['operation']];
      assert.deepEqual(said, [id, 'u-7', 'placements.import'], service);
    }
  }
});

test('a body that is no JSON has it from the attribute correlation_id', async () => {
  const [id, traceId] = [anId(), randomBytes(16).toString('hex')];
  await place.sqs.send(
    new SendMessageCommand({
      QueueUrl: place.output('FileGeneratorQueueUrl'),
      MessageBody: `not JSON ${id}`,
      MessageAttributes: { traceparent: text(`00-${traceId}-00f067aa0ba902b7-01`), correlation_id: text(id) },
    }),
  );
  const [span] = await place.until(traceId, (all) => all.length === 1, 'its span');
  assert.equal(span?.attributes['correlation_id'], id);
  const [line] = await linesOf('nedlia-file-generator', traceId);
  assert.deepEqual([line?.['message'], line?.['correlation_id']], ['message given up', id]);
});
