import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { can, named, one, usePlace, where } from '../support/place.ts';
import { aRecord, stringAttributes } from '../support/records.ts';

const place = usePlace();

const recordOf = (body: string, traceparent?: string) =>
  aRecord({ body, messageAttributes: stringAttributes(traceparent ? { traceparent } : {}) });
const context = () => ({ traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') });
const traceparent = ({ traceId, spanId }: { traceId: string; spanId: string }) => `00-${traceId}-${spanId}-01`;
const handle = (...records: ReturnType<typeof recordOf>[]) =>
  place.invoke('nedlia-file-generator', { Records: records });
const command = (placement_id: string, command_id = randomBytes(8).toString('hex')) =>
  JSON.stringify({ command: 'placement.regenerate_file', command_version: 1, command_id, placement_id });

async function placement(): Promise<string> {
  const created = await place.insist('POST', '/v1/placements', {
    ...(await place.material()),
    start_time: 1,
    end_time: 2,
  });
  await place.wholeTrace(created.traceId);
  return created.json['id'];
}

test('a batch of ten messages of ten traces lands in ten traces, each with its SQL, its file and its logs', async () => {
  const id = await placement();
  const parents = Array.from({ length: 10 }, context);
  const answer = await handle(...parents.map((parent) => recordOf(command(id), traceparent(parent))));
  assert.deepEqual(answer, { batchItemFailures: [] });

  const invocations = new Set<string>();
  for (const parent of parents) {
    const spans = await place.until(
      parent.traceId,
      (all) => named(all, 'process nedlia-file-generator').length === 1,
      'its span',
    );
    const consumer = one(spans, 'process nedlia-file-generator');
    assert.equal(consumer.parentSpanId, parent.spanId);
    assert.equal(one(spans, 'file_generator.generate').parentSpanId, consumer.spanId);
    assert.equal(one(spans, 'S3.PutObject').parentSpanId, one(spans, 'file_generator.upload_s3').spanId);
    for (const span of spans.filter(({ name }) => name.startsWith('SELECT') || name.startsWith('INSERT'))) {
      assert.equal(span.traceId, parent.traceId);
    }
    invocations.add(consumer.links[0]?.spanId ?? '');
  }
  if (can('links')) assert.equal(invocations.size, 1, 'ten traces, one invocation');
});

test('ten messages of ten traces sent to the queue at once land in ten traces', async () => {
  const id = await placement();
  const parents = Array.from({ length: 10 }, context);
  const { Failed = [] } = await place.sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: place.output('FileGeneratorQueueUrl'),
      Entries: parents.map((parent, index) => ({
        Id: `m${index}`,
        MessageBody: command(id),
        MessageAttributes: { traceparent: { DataType: 'String', StringValue: traceparent(parent) } },
      })),
    }),
  );
  assert.deepEqual(Failed, []);
  for (const parent of parents) {
    const spans = await place.until(
      parent.traceId,
      (all) => named(all, 'S3.PutObject').length === 1 && named(all, 'process nedlia-file-generator').length === 1,
      'its file',
    );
    assert.equal(one(spans, 'process nedlia-file-generator').parentSpanId, parent.spanId);
  }
});

test('only the failed ones of a batch are retried, and only their spans are errors', async () => {
  const id = await placement();
  const good = context();
  const bad = context();
  const record = recordOf(command('not-there-yet'), traceparent(bad));
  const answer = await handle(recordOf(command(id), traceparent(good)), record);
  assert.deepEqual(answer, { batchItemFailures: [{ itemIdentifier: record.messageId }] });
  const failed = await place.until(bad.traceId, (all) => all.length > 0, 'the failed span');
  assert.equal(one(failed, 'process nedlia-file-generator').status.code, 'ERROR');
  const passed = await place.until(
    good.traceId,
    (all) => named(all, 'process nedlia-file-generator').length === 1,
    'the good span',
  );
  assert.notEqual(one(passed, 'process nedlia-file-generator').status.code, 'ERROR');
});

test('a message that comes three times has one effect', async () => {
  const id = await placement();
  const parent = context();
  const body = command(id, `cmd-${parent.spanId}`);
  const deliveries = Array.from({ length: 3 }, () => recordOf(body, traceparent(parent)));
  assert.deepEqual(await handle(...deliveries), { batchItemFailures: [] });
  assert.deepEqual(await handle(...deliveries), { batchItemFailures: [] });
  const spans = await place.until(
    parent.traceId,
    (all) => named(all, 'process nedlia-file-generator').length === 6,
    'six deliveries',
  );
  assert.equal(named(spans, 'send nedlia-events (placement.file_generated)').length, 1);
});

where('anySpan')(
  'a message with a garbage context, or none, is processed in a trace of its own and says so',
  async () => {
    const id = await placement();
    const records = [
      recordOf(command(id)),
      recordOf(command(id), '00-zz-1-01'),
      recordOf(command(id), `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`),
    ];
    const ids = new Set(records.map(({ messageId }) => messageId));
    assert.deepEqual(await handle(...records), { batchItemFailures: [] });
    const mine = (await place.collector.spans()).filter(
      ({ name, attributes }) =>
        name === 'process nedlia-file-generator' && ids.has(String(attributes['messaging.message.id'])),
    );
    assert.equal(mine.length, 3);
    assert.deepEqual(mine.map(({ attributes }) => String(attributes['messaging.trace_context.status'])).toSorted(), [
      'invalid',
      'invalid',
      'missing',
    ]);
    assert.equal(new Set(mine.map(({ traceId }) => traceId)).size, 3);
  },
);

test('an empty batch is answered', async () => {
  assert.deepEqual(await handle(), { batchItemFailures: [] });
});
