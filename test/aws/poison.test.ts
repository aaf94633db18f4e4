import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { consumer } from '../../aws/consume.ts';
import { Permanent } from '../../core/permanent.ts';
import type { Thing } from '../support/a-consumer.ts';
import { aConsumer, nothing, queue } from '../support/a-consumer.ts';
import { consumerSqs } from '../support/consumer-sqs.ts';
import { captureLog } from '../support/log-lines.ts';
import { aLambdaContext, aRecord, aTraceparent, stringAttributes } from '../support/records.ts';
import { only, recordSpans } from '../support/spans.ts';

const refuse = () => Promise.reject(new Permanent('unknown-thing', 'no such thing'));

describe('poison', () => {
  it('is moved to the dead-letter queue as it was, with the reason beside it, and counts as done', async (t) => {
    const spans = recordSpans(t);
    const lines = captureLog(t);
    const traceparent = aTraceparent();
    const bytes = Buffer.from([0, 255]);
    const record = aRecord({
      body: '{"thing":  "spaces are kept"}',
      messageAttributes: {
        ...stringAttributes({ traceparent, tracestate: 'a=1' }),
        blob: { dataType: 'Binary.png', binaryValue: bytes.toString('base64') },
      },
      attributes: { AWSTraceHeader: 'Root=1-5759e988-bd862e3fe1be46a994272793', ApproximateReceiveCount: '4' },
    });
    const { handle, asked } = aConsumer(refuse);
    assert.deepEqual(await handle([record]), []);
    const failure = { reason: 'unknown-thing', queue: 'things', messageId: record.messageId, receives: 4 };
    assert.deepEqual(asked.moved, [
      {
        QueueUrl: queue.deadLetterUrl,
        MessageBody: record.body,
        MessageAttributes: {
          traceparent: { DataType: 'String', StringValue: traceparent },
          tracestate: { DataType: 'String', StringValue: 'a=1' },
          blob: { DataType: 'Binary.png', BinaryValue: bytes.toString('base64') },
          'nedlia.failure': { DataType: 'String', StringValue: JSON.stringify(failure) },
        },
        MessageSystemAttributes: {
          AWSTraceHeader: { DataType: 'String', StringValue: record.attributes.AWSTraceHeader },
        },
      },
    ]);
    const processing = only(spans.all(), 'process things');
    assert.deepEqual([processing.status, processing.attributes['error.type']], ['ERROR', 'unknown-thing']);
    const line = lines.find(({ level }) => level === 'error');
    assert.deepEqual([line?.['reason'], line?.['trace_id']], ['unknown-thing', processing.traceId]);
    assert.equal(asked.hidden.length, 0);
  });

  it('is an unreadable body, a refusal of the reader and a refusal of the story', async (t) => {
    captureLog(t);
    const { sqs, asked } = consumerSqs();
    const handler = consumer<Thing>({
      queue,
      sqs,
      telemetry: { flush: nothing },
      read: (body) => {
        if ((body as Thing).thing === 'unread') throw new Permanent('invalid-message', 'wrong');
        return body as Thing;
      },
      story: refuse,
    });
    const Records = ['not json', '{"thing":"unread"}', '{"thing":"read"}'].map((body) => aRecord({ body }));
    assert.deepEqual(await handler({ Records }, aLambdaContext()), { batchItemFailures: [] });
    const reasons = asked.moved.map(
      ({ MessageAttributes }) =>
        (JSON.parse(MessageAttributes?.['nedlia.failure']?.StringValue ?? '') as { reason: string }).reason,
    );
    assert.deepEqual(reasons.sort(), ['invalid-message', 'unknown-thing', 'unreadable-message']);
  });

  it('that cannot be moved is returned, so that the queue moves it in the end', async (t) => {
    captureLog(t);
    const record = aRecord();
    const { handle } = aConsumer(refuse, { fails: 'SendMessage' });
    assert.deepEqual(await handle([record]), [record.messageId]);
  });

  it('without a free slot, or without room, is moved without its reason', async (t) => {
    captureLog(t);
    const { handle, asked } = aConsumer(refuse);
    const names = Array.from({ length: 10 }, (_, index) => [`a${index}`, 'x'] as const);
    const full = stringAttributes(Object.fromEntries(names));
    await handle([aRecord({ messageAttributes: full })]);
    await handle([aRecord({ body: 'x'.repeat(1024 * 1024) })]);
    assert.deepEqual(Object.keys(asked.moved[0]?.MessageAttributes ?? {}), Object.keys(full));
    assert.deepEqual(asked.moved[1]?.MessageAttributes, {});
  });

  it('that comes back says why it failed last', async (t) => {
    captureLog(t);
    const { handle, asked } = aConsumer(refuse);
    const names = Array.from({ length: 9 }, (_, index) => [`a${index}`, 'x'] as const);
    const messageAttributes = stringAttributes({ ...Object.fromEntries(names), 'nedlia.failure': '{"reason":"old"}' });
    await handle([aRecord({ messageAttributes })]);
    const attributes = asked.moved[0]?.MessageAttributes ?? {};
    assert.equal(Object.keys(attributes).length, 10);
    assert.match(attributes['nedlia.failure']?.StringValue ?? '', /unknown-thing/);
  });

  it('is moved without a span, and nothing is put into it', async (t) => {
    const spans = recordSpans(t);
    captureLog(t);
    const { handle, asked } = aConsumer(refuse);
    await handle([aRecord()]);
    assert.deepEqual(
      spans
        .all()
        .map(({ name }) => name)
        .sort(),
      ['process things', 'things'],
    );
    assert.deepEqual(Object.keys(asked.moved[0]?.MessageAttributes ?? {}), ['nedlia.failure']);
    assert.equal(asked.moved[0]?.MessageSystemAttributes, undefined);
  });
});
