import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { AlwaysOffSampler, ParentBasedSampler } from '@opentelemetry/sdk-trace-node';
import type { SQSRecord } from 'aws-lambda';
import { openMessage } from '../../../telemetry/carry/message.ts';
import { traceInvocation } from '../../../telemetry/edges/invocation.ts';
import { traceMessage } from '../../../telemetry/edges/message.ts';
import { entryContext } from '../../../telemetry/entry-span.ts';
import { span } from '../../../telemetry/span.ts';
import { aLambdaContext, anEnvelope, aRecord, aTraceparent, stringAttributes } from '../../support/records.ts';
import { only, recordSpans } from '../../support/spans.ts';

const batch = { queue: 'things', messages: 1 };
const nothing = async () => {};

async function processed(t: TestContext, record: SQSRecord, work: () => Promise<unknown> = nothing) {
  const spans = recordSpans(t);
  await traceInvocation(aLambdaContext(), batch, (invocation) =>
    traceMessage(openMessage(record), { queue: 'things', invocation }, work),
  );
  return {
    processing: only(spans.all(), 'process things'),
    invocation: only(spans.all(), 'things'),
    spans: spans.all(),
  };
}

const failedBefore = (receives: number, sentMs: number, firstMs: number) => ({
  ApproximateReceiveCount: String(receives),
  SentTimestamp: String(sentMs),
  ApproximateFirstReceiveTimestamp: String(firstMs),
});

it('the first invocation of a process says that it is, the second that it is not', async (t) => {
  const spans = recordSpans(t);
  for (let round = 0; round < 2; round++) await traceInvocation(aLambdaContext(), batch, nothing);
  assert.deepEqual(
    spans.all().map(({ attributes }) => attributes['faas.coldstart']),
    [true, false],
  );
});

describe('the span of a message', () => {
  it('says what the conventions ask for and how long it waited', async (t) => {
    const record = aRecord({ body: '{"ü":1}', messageAttributes: stringAttributes({ traceparent: aTraceparent() }) });
    const { processing } = await processed(t, record);
    const {
      'messaging.wait_ms': waited,
      'messaging.first_receive_ms': received,
      ...attributes
    } = processing.attributes;
    assert.ok(Number(waited) >= 1000 && Number(waited) < 2000);
    assert.equal(received, 0);
    assert.deepEqual(attributes, {
      'messaging.system.name': 'aws.sqs',
      'messaging.destination.name': 'things',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.message.id': record.messageId,
      'messaging.message.body.size': 8,
    });
  });

  it('says that it came again, from where, and when it came first', async (t) => {
    const now = Date.now();
    const attributes = { ...failedBefore(3, now - 60_000, now - 50_000), DeadLetterQueueSourceArn: 'arn:aws:sqs:x' };
    const time = new Date(now - 61_500).toISOString();
    const { processing } = await processed(
      t,
      aRecord({ attributes, body: anEnvelope({}, { time, 'replay-name': 'r', id: 'e' }) }),
    );
    const { attributes: said } = processing;
    assert.equal(said['aws.sqs.message.receive_count'], 3);
    assert.equal(said['aws.sqs.message.redriven'], true);
    assert.equal(said['aws.eventbridge.replay_name'], 'r');
    assert.equal(said['aws.eventbridge.event_id'], 'e');
    assert.equal(said['aws.eventbridge.wait_ms'], 1500);
    assert.equal(said['messaging.first_receive_ms'], 10_000);
  });

  it('says of every message, also one that came once, where it waited: for the bus, in the queue, for its turn', async (t) => {
    const now = Date.now();
    const attributes = failedBefore(1, now - 6000, now - 2000);
    const body = anEnvelope({}, { time: new Date(now - 7000).toISOString() });
    const { attributes: said } = (await processed(t, aRecord({ attributes, body }))).processing;
    assert.deepEqual([said['aws.eventbridge.wait_ms'], said['messaging.first_receive_ms']], [1000, 4000]);
    const ownTurn = Number(said['messaging.wait_ms']) - Number(said['messaging.first_receive_ms']);
    assert.ok(ownTurn >= 2000 && ownTurn < 5000, `${ownTurn} ms`);
  });

  it('never waited less than nothing, whatever the clocks say', async (t) => {
    const later = Date.now() + 60_000;
    const attributes = failedBefore(2, later, later - 1000);
    const body = anEnvelope({}, { time: new Date(later + 1000).toISOString() });
    const { processing } = await processed(t, aRecord({ attributes, body }));
    assert.equal(processing.attributes['messaging.wait_ms'], 0);
    assert.equal(processing.attributes['messaging.first_receive_ms'], 0);
    assert.equal(processing.attributes['aws.eventbridge.wait_ms'], 0);
  });

  it('says nothing about time when nothing is known about it', async (t) => {
    const attributes = { SentTimestamp: 'garbage', ApproximateFirstReceiveTimestamp: undefined };
    const { processing } = await processed(t, aRecord({ attributes }));
    assert.equal('messaging.wait_ms' in processing.attributes, false);
  });

  it('begins a trace when the message brings none, and says why', async (t) => {
    const { processing, invocation } = await processed(t, aRecord());
    assert.equal(processing.parentId, undefined);
    assert.notEqual(processing.traceId, invocation.traceId);
    assert.equal(processing.attributes['messaging.trace_context.status'], 'missing');
  });

  it('calls a context it could not believe invalid', async (t) => {
    const { processing } = await processed(t, aRecord({ messageAttributes: stringAttributes({ traceparent: 'x' }) }));
    assert.equal(processing.parentId, undefined);
    assert.equal(processing.attributes['messaging.trace_context.status'], 'invalid');
  });

  it('points at the X-Ray trace it came with, whose Sampled=0 decides nothing', async (t) => {
    const AWSTraceHeader = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0';
    const { processing, invocation } = await processed(t, aRecord({ attributes: { AWSTraceHeader } }));
    assert.equal(processing.parentId, undefined);
    assert.deepEqual(processing.links, [
      { traceId: invocation.traceId, spanId: invocation.spanId },
      { traceId: '5759e988bd862e3fe1be46a994272793', spanId: '53995c3f42cd8ad8' },
    ]);
  });

  it('names the X-Ray trace whose header has a Root alone, which nothing can point at', async (t) => {
    const AWSTraceHeader = 'Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=a87bd80c:0';
    const { processing, invocation } = await processed(t, aRecord({ attributes: { AWSTraceHeader } }));
    assert.equal(processing.attributes['aws.xray.trace_id'], '1-5759e988-bd862e3fe1be46a994272793');
    assert.equal(processing.attributes['messaging.trace_context.status'], 'missing');
    assert.deepEqual(processing.links, [{ traceId: invocation.traceId, spanId: invocation.spanId }]);
  });

  it('is the entry of all that runs under it, with the sender’s tracestate and baggage', async (t) => {
    const carried = { traceparent: aTraceparent(), tracestate: 'a=1', baggage: 'tenant=blue' };
    const record = aRecord({ messageAttributes: stringAttributes(carried) });
    let entry: unknown;
    const { processing, spans } = await processed(t, record, () =>
      span('deep', async () => {
        entry = entryContext();
      }),
    );
    assert.equal(only(spans, 'deep').parentId, processing.spanId);
    assert.deepEqual(entry, { ...carried, traceparent: `00-${processing.traceId}-${processing.spanId}-01` });
  });

  it('is ERROR when the work throws, and the throw goes on', async (t) => {
    const spans = recordSpans(t);
    const about = { queue: 'things', invocation: { span: { traceId: '', spanId: '', traceFlags: 0 } } };
    const throwing = traceMessage(openMessage(aRecord()), about, () => Promise.reject(new TypeError('no')));
    await assert.rejects(throwing, TypeError);
    const processing = only(spans.all(), 'process things');
    assert.deepEqual([processing.status, processing.attributes['error.type']], ['ERROR', 'TypeError']);
    assert.deepEqual(processing.links, [], 'there is no invocation to point at');
  });

  it('is not recorded when the sender decided so, but hands its decision on', async (t) => {
    const traceparent = aTraceparent().replace(/01$/, '00');
    const spans = recordSpans(t, new ParentBasedSampler({ root: new AlwaysOffSampler() }));
    let entry: ReturnType<typeof entryContext>;
    const about = { queue: 'things', invocation: { span: { traceId: '', spanId: '', traceFlags: 0 } } };
    await traceMessage(
      openMessage(aRecord({ messageAttributes: stringAttributes({ traceparent }) })),
      about,
      async () => {
        entry = entryContext();
      },
    );
    assert.deepEqual(spans.all(), []);
    assert.equal(entry?.traceparent.slice(0, 35), traceparent.slice(0, 35));
    assert.equal(entry.traceparent.slice(-2), '00');
  });
});

describe('the span of an invocation', () => {
  it('is a root that says what it was called for, and whether it was the first', async (t) => {
    const spans = recordSpans(t);
    const lambda = aLambdaContext();
    await traceInvocation(lambda, { queue: 'things', messages: 3 }, nothing);
    const invocation = only(spans.all(), 'things');
    assert.deepEqual([invocation.kind, invocation.parentId, invocation.links], ['SERVER', undefined, []]);
    assert.deepEqual(invocation.attributes, {
      'faas.trigger': 'pubsub',
      'faas.invocation.id': lambda.awsRequestId,
      'faas.coldstart': false,
      'cloud.resource_id': lambda.invokedFunctionArn,
      'messaging.system.name': 'aws.sqs',
      'messaging.destination.name': 'things',
      'messaging.batch.message_count': 3,
    });
  });

  it('is a root also when something is active around it', async (t) => {
    const spans = recordSpans(t);
    await span('around', () => traceInvocation(aLambdaContext(), batch, nothing));
    assert.equal(only(spans.all(), 'things').parentId, undefined);
    assert.notEqual(only(spans.all(), 'things').traceId, only(spans.all(), 'around').traceId);
  });

  it('is ERROR when the function throws', async (t) => {
    const spans = recordSpans(t);
    await assert.rejects(traceInvocation(aLambdaContext(), batch, () => Promise.reject(new Error('no'))));
    assert.equal(only(spans.all(), 'things').status, 'ERROR');
  });
});
