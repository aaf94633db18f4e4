import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { putEvents } from '../../aws/bus.ts';
import { eventBridgeClient } from '../../aws/clients.ts';
import type { AwsAnswer, AwsRequest } from '../support/aws-endpoint.ts';
import { startAwsEndpoint } from '../support/aws-endpoint.ts';
import { aTraceparent } from '../support/records.ts';
import { only, recordSpans } from '../support/spans.ts';

interface Entry {
  Source: string;
  DetailType: string;
  Detail: string;
  TraceHeader: string;
  EventBusName: string;
}

const entriesOf = ({ input }: AwsRequest) => input['Entries'] as Entry[];
const detailOf = (entry: Entry | undefined) =>
  JSON.parse(entry?.Detail ?? '') as { name: string; _trace: { traceparent: string } };
const accepting = (request: AwsRequest): AwsAnswer => ({
  body: {
    FailedEntryCount: 0,
    Entries: entriesOf(request).map((entry) => ({ EventId: `id of ${detailOf(entry).name}` })),
  },
});
const anEntry = (name: string, about: object = {}) => ({
  source: 'test',
  name: 'thing.happened',
  detail: { name, ...about },
  context: { traceparent: aTraceparent() },
});

describe('events put on the bus', () => {
  it('have a span each, below what made us say them, and carry the place of that span', async (t) => {
    const spans = recordSpans(t);
    const { requests } = await startAwsEndpoint(t, accepting);
    const entries = [anEntry('a'), anEntry('b')];
    const outcomes = await putEvents(eventBridgeClient(), 'the-bus', entries);
    assert.deepEqual(outcomes, [
      { ok: true, id: 'id of a' },
      { ok: true, id: 'id of b' },
    ]);
    assert.equal(requests.length, 1);
    assert.equal(spans.all().length, 2, 'no further span for the call');
    for (const [index, { context }] of entries.entries()) {
      const sent = requests[0] && entriesOf(requests[0])[index];
      const [, traceId, parentId] = context.traceparent.split('-');
      const producer = spans.all().find((span) => span.traceId === traceId);
      assert.ok(producer);
      assert.equal(producer.name, 'send the-bus (thing.happened)');
      assert.deepEqual([producer.kind, producer.parentId, producer.status], ['PRODUCER', parentId, 'UNSET']);
      assert.deepEqual(producer.attributes, {
        'messaging.system.name': 'aws.eventbridge',
        'messaging.destination.name': 'the-bus',
        'messaging.operation.name': 'send',
        'messaging.operation.type': 'send',
        'messaging.message.id': `id of ${entries[index]?.detail.name}`,
        'aws.request_id': 'request-1',
      });
      assert.equal(detailOf(sent)._trace.traceparent, `00-${traceId}-${producer.spanId}-01`);
      const [epoch, unique] = [traceId?.slice(0, 8), traceId?.slice(8)];
      assert.equal(sent?.TraceHeader, `Root=1-${epoch}-${unique};Parent=${producer.spanId};Sampled=1`);
      assert.deepEqual([sent?.Source, sent?.DetailType, sent?.EventBusName], ['test', 'thing.happened', 'the-bus']);
    }
  });

  it('that were refused are the only ones whose span is ERROR, though the answer is 200', async (t) => {
    const spans = recordSpans(t);
    await startAwsEndpoint(t, () => ({
      body: {
        FailedEntryCount: 1,
        Entries: [{ EventId: '1' }, { ErrorCode: 'ThrottlingException', ErrorMessage: 'x' }],
      },
    }));
    const entries = [anEntry('a'), anEntry('b')];
    assert.deepEqual(await putEvents(eventBridgeClient(), 'bus', entries), [
      { ok: true, id: '1' },
      { ok: false, error: 'ThrottlingException' },
    ]);
    const failed = spans.all().filter(({ status }) => status === 'ERROR');
    assert.equal(failed.length, 1);
    assert.equal(failed[0]?.traceId, entries[1]?.context.traceparent.slice(3, 35));
    assert.equal(failed[0]?.attributes['error.type'], 'ThrottlingException');
  });

  it('which the answer does not mention were not accepted', async (t) => {
    await startAwsEndpoint(t, () => ({ body: {} }));
    assert.deepEqual(await putEvents(eventBridgeClient(), 'bus', [anEntry('a')]), [{ ok: false, error: 'NoAnswer' }]);
  });

  it('in a call that fails are all refused, with what was thrown on their spans', async (t) => {
    const spans = recordSpans(t);
    await startAwsEndpoint(t, () => ({
      status: 400,
      body: { __type: 'ResourceNotFoundException', message: 'no bus' },
    }));
    const refused = { ok: false, error: 'ResourceNotFoundException' };
    const outcomes = await putEvents(eventBridgeClient(), 'bus', [anEntry('a'), anEntry('b')]);
    assert.deepEqual(outcomes, [refused, refused]);
    for (const span of spans.all()) {
      assert.deepEqual([span.status, span.attributes['error.type']], ['ERROR', 'ResourceNotFoundException']);
      assert.equal(span.events[0]?.name, 'exception');
    }
  });

  it('are given up when the caller says so', async (t) => {
    await startAwsEndpoint(t, () => ({ never: true }));
    const outcomes = await putEvents(eventBridgeClient(), 'bus', [anEntry('a')], AbortSignal.timeout(50));
    assert.deepEqual(outcomes, [{ ok: false, error: 'AbortError' }]);
  });

  it('leave ten at a time, in their order', async (t) => {
    const { requests } = await startAwsEndpoint(t, accepting);
    const entries = Array.from({ length: 23 }, (_, index) => anEntry(String(index)));
    const outcomes = await putEvents(eventBridgeClient(), 'bus', entries);
    assert.deepEqual(
      requests.map((request) => entriesOf(request).length),
      [10, 10, 3],
    );
    assert.deepEqual(
      outcomes,
      entries.map(({ detail }) => ({ ok: true, id: `id of ${detail.name}` })),
    );
  });

  it('leave less than a megabyte at a time, and one that is too large alone costs only itself', async (t) => {
    const spans = recordSpans(t);
    const { requests } = await startAwsEndpoint(t, accepting);
    const sizes = [400_000, 400_000, 1_100_000, 400_000];
    const entries = sizes.map((size, index) => anEntry(String(index), { filling: 'x'.repeat(size) }));
    const outcomes = await putEvents(eventBridgeClient(), 'bus', entries);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.ok ? outcome.id : outcome.error)),
      ['id of 0', 'id of 1', 'EntryTooLarge', 'id of 3'],
    );
    assert.deepEqual(
      requests.map((request) => entriesOf(request).length),
      [2, 1],
    );
    for (const { body } of requests) assert.ok(body.length < 1_000_000);
    assert.equal(spans.all().filter(({ status }) => status === 'ERROR').length, 1);
  });

  it('keep a context that is in them already', async (t) => {
    const { requests } = await startAwsEndpoint(t, accepting);
    const _trace = { traceparent: aTraceparent() };
    await putEvents(eventBridgeClient(), 'bus', [anEntry('a', { _trace })]);
    assert.deepEqual(detailOf(requests[0] && entriesOf(requests[0])[0])._trace, _trace);
  });

  it('pass on what came in when telemetry is off', async (t) => {
    const { requests } = await startAwsEndpoint(t, accepting);
    const entry = anEntry('a');
    await putEvents(eventBridgeClient(), 'bus', [entry]);
    assert.deepEqual(detailOf(requests[0] && entriesOf(requests[0])[0])._trace, entry.context);
  });

  it('are the root of a trace when nothing is known of what made us say them', async (t) => {
    const spans = recordSpans(t);
    await startAwsEndpoint(t, accepting);
    await putEvents(eventBridgeClient(), 'bus', [{ ...anEntry('a'), context: undefined }]);
    assert.equal(only(spans.all(), 'send bus (thing.happened)').parentId, undefined);
  });
});
