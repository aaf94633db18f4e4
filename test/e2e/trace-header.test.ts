import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { usePlace, where } from '../support/place.ts';

const place = usePlace();

where(
  'traceHeader',
  'anySpan',
  'links',
)(
  'an event that brings nothing but the header of X-Ray is processed in a trace of its own, with a link to that one',
  async () => {
    const traceId = `5759e988${randomBytes(12).toString('hex')}`;
    const detail = {
      event_id: randomUUID(),
      event_version: 1,
      occurred_at: new Date().toISOString(),
      placement_id: 'pl-1',
      video_id: 'vi-1',
      product_id: 'pr-1',
      start_time: 1,
      end_time: 2,
    };
    const answer = await place.eventBridge.send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: place.output('EventBusName'),
            Source: 'nedlia.api',
            DetailType: 'placement.cancelled', // the notifier alone hears it, and asks nobody about it
            Detail: JSON.stringify(detail),
            TraceHeader: `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=53995c3f42cd8ad8;Sampled=0`,
          },
        ],
      }),
    );
    assert.equal(answer.FailedEntryCount, 0);
    for (const deadline = Date.now() + place.patienceMs; ; await sleep(50)) {
      const spans = await place.collector.spans();
      const linked = spans.find(({ links }) => links.some((link) => link.traceId === traceId));
      if (linked) {
        assert.equal(linked.name, 'process nedlia-notifier');
        assert.notEqual(linked.traceId, traceId, 'an X-Ray header is no parent, and its Sampled=0 no decision');
        assert.equal(linked.attributes['messaging.trace_context.status'], 'missing');
        return;
      }
      assert.ok(Date.now() < deadline, 'no span links to it');
    }
  },
);
