import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { nudgeClient, sqsClient } from '../../aws/clients.ts';
import { sendMessages, sendNudge } from '../../aws/queue.ts';
import type { AwsAnswer, AwsRequest } from '../support/aws-endpoint.ts';
import { startAwsEndpoint } from '../support/aws-endpoint.ts';
import { aTraceparent } from '../support/records.ts';
import { only, recordSpans } from '../support/spans.ts';

interface Entry {
  Id: string;
  MessageBody: string;
  MessageAttributes: Record<string, { StringValue: string }>;
  MessageSystemAttributes: { AWSTraceHeader: { StringValue: string } };
}

const queue = { name: 'things', url: 'https://sqs.eu-central-1.amazonaws.com/123456789012/things' };
const entriesOf = (request: AwsRequest | undefined) => request?.input['Entries'] as Entry[];
const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const accepting = (request: AwsRequest): AwsAnswer => ({
  body: {
    Successful: entriesOf(request)
      .map(({ Id, MessageBody }) => ({ Id, MessageId: `id of ${Id}`, MD5OfMessageBody: md5(MessageBody) }))
      .toReversed(),
  },
});
const aMessage = (about: object = {}) => ({
  body: { command: 'thing.do', ...about },
  context: { traceparent: aTraceparent(), tracestate: 'a=1', baggage: 'tenant=blue' },
});

describe('commands sent to a queue', () => {
  it('have a span each, below what made us say them, and carry the place of that span', async (t) => {
    const spans = recordSpans(t);
    const { requests } = await startAwsEndpoint(t, accepting);
    const messages = [aMessage(), aMessage()];
    assert.deepEqual(await sendMessages(sqsClient(), queue, messages), [
      { ok: true, id: 'id of 0' },
      { ok: true, id: 'id of 1' },
    ]);
    assert.equal(spans.all().length, 2, 'no further span for the call');
    for (const [index, { body, context }] of messages.entries()) {
      const [, traceId, parentId] = context.traceparent.split('-');
      const producer = spans.all().find((span) => span.traceId === traceId);
      assert.ok(producer);
      assert.equal(producer.name, 'send things (thing.do)');
      assert.deepEqual([producer.kind, producer.parentId], ['PRODUCER', parentId]);
      assert.equal(producer.attributes['messaging.system.name'], 'aws.sqs');
      assert.equal(producer.attributes['messaging.destination.name'], 'things');
      assert.equal(producer.attributes['messaging.message.id'], `id of ${index}`);
      const sent = entriesOf(requests[0])[index];
      assert.equal(sent?.MessageBody, JSON.stringify(body));
      assert.equal(sent.MessageAttributes['traceparent']?.StringValue, `00-${traceId}-${producer.spanId}-01`);
      assert.equal(sent.MessageAttributes['tracestate']?.StringValue, 'a=1');
      assert.equal(sent.MessageAttributes['baggage']?.StringValue, 'tenant=blue');
      assert.match(sent.MessageSystemAttributes.AWSTraceHeader.StringValue, new RegExp(`;Parent=${producer.spanId};`));
    }
  });

  it('that were refused are the only ones whose span is ERROR, though the answer is 200', async (t) => {
    const spans = recordSpans(t);
    await startAwsEndpoint(t, (request) => ({
      body: {
        Successful: [{ Id: '1', MessageId: 'm', MD5OfMessageBody: md5(entriesOf(request)[1]?.MessageBody ?? '') }],
        Failed: [{ Id: '0', Code: 'InternalError', SenderFault: false }],
      },
    }));
    const messages = [aMessage(), aMessage()];
    assert.deepEqual(await sendMessages(sqsClient(), queue, messages), [
      { ok: false, error: 'InternalError' },
      { ok: true, id: 'm' },
    ]);
    const failed = spans.all().filter(({ status }) => status === 'ERROR');
    assert.deepEqual(
      failed.map(({ traceId }) => traceId),
      [messages[0]?.context.traceparent.slice(3, 35)],
    );
    assert.equal(failed[0]?.attributes['error.type'], 'InternalError');
  });

  it('leave ten and less than a megabyte at a time', async (t) => {
    const { requests } = await startAwsEndpoint(t, accepting);
    const small = Array.from({ length: 12 }, () => aMessage());
    const large = [500_000, 500_000, 1_100_000].map((size) => aMessage({ filling: 'x'.repeat(size) }));
    const outcomes = await sendMessages(sqsClient(), queue, [...small, ...large]);
    assert.deepEqual(
      requests.map((request) => entriesOf(request).length),
      [10, 3, 1],
    );
    assert.deepEqual(outcomes.at(-1), { ok: false, error: 'EntryTooLarge' });
    assert.equal(outcomes.filter(({ ok }) => ok).length, 14);
  });

  it('go to the endpoint of the environment, not to the host in the queue’s URL', async (t) => {
    const { requests } = await startAwsEndpoint(t, accepting);
    await sendMessages(sqsClient(), queue, [aMessage()]);
    assert.equal(requests[0]?.input['QueueUrl'], queue.url);
  });
});

describe('the nudge', () => {
  it('carries no context, makes no span, and arrives after its delay', async (t) => {
    const spans = recordSpans(t);
    const { requests } = await startAwsEndpoint(t, () => ({ body: { MessageId: 'm', MD5OfMessageBody: md5('{}') } }));
    for (const client of [nudgeClient(), sqsClient()]) await sendNudge(client, queue.url, 60);
    assert.deepEqual(requests[0]?.input, { QueueUrl: queue.url, MessageBody: '{}', DelaySeconds: 60 });
    assert.deepEqual(spans.all(), []);
  });

  it('is tried once', async (t) => {
    const { requests } = await startAwsEndpoint(t, () => ({ status: 500, body: {} }));
    await assert.rejects(sendNudge(nudgeClient(), queue.url, 60));
    assert.equal(requests.length, 1);
  });

  it('is given up after a second', async (t) => {
    await startAwsEndpoint(t, () => ({ never: true }));
    const start = Date.now();
    await assert.rejects(sendNudge(nudgeClient(), queue.url, 60));
    const took = Date.now() - start;
    assert.ok(took > 900 && took < 2800, `${took} ms`);
  });
});

it('a command without a name has a span all the same', async (t) => {
  const spans = recordSpans(t);
  await startAwsEndpoint(t, accepting);
  await sendMessages(sqsClient(), queue, [{ body: { placement_id: 'p' }, context: undefined }]);
  assert.equal(only(spans.all(), 'send things').parentId, undefined);
});
