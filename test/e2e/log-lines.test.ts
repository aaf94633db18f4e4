import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { linesOfShape } from '../support/log-lines.ts';
import { named, usePlace } from '../support/place.ts';

const place = usePlace();
const CONSUMERS = ['nedlia-file-generator', 'nedlia-validator', 'nedlia-notifier'];

test('in a whole run the API and every consumer write lines of one shape, in the trace they belong to', async () => {
  const { traceId: asked } = await place.send('GET', '/v1/videos?limit=1', undefined, {
    authorization: 'Bearer canary',
  });
  // An event that nobody can read, so that every consumer has something to say.
  const traceId = randomBytes(16).toString('hex');
  const baggage = 'correlation_id=order-7';
  const Detail = JSON.stringify({ _trace: { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, baggage } });
  const event = { EventBusName: 'nedlia-events', Source: 'nedlia.api', DetailType: 'placement.created', Detail };
  await place.eventBridge.send(new PutEventsCommand({ Entries: [event] }));
  const all = CONSUMERS.map((name) => `process ${name}`);
  await place.until(traceId, (spans) => all.every((name) => named(spans, name).length === 1), 'all three');
  for (const [service, trace] of [
    ['nedlia-api', asked] as const,
    ...CONSUMERS.map((name) => [name, traceId] as const),
  ]) {
    const printed = (await place.logs(service)).filter((line) => line.includes(trace)).join('\n');
    const [line] = linesOfShape(printed, { inTrace: true });
    assert.deepEqual([line?.['service'], line?.['trace_id']], [service, trace], printed);
    assert.doesNotMatch(printed, /canary/);
  }
});
