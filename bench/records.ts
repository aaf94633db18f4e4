import { randomBytes, randomUUID } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import { placementCreated } from '../events/catalogue.ts';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

/** A record as EventBridge puts it onto a queue: `placement.created` in its envelope, its own trace inside the detail and in AWSTraceHeader. */
export function aRecord(): SQSRecord {
  const [traceId, spanId] = [hex(16), hex(8)];
  const sent = String(Date.now() - 1000);
  const detail = placementCreated.create(
    { id: randomUUID(), occurredAt: '2026-11-20T12:00:00.000Z', correlationId: randomUUID() },
    { placement_id: 'pl-1', video_id: 'vi-1', product_id: 'pr-1', start_time: 12.5, end_time: 20 },
  );
  const envelope = {
    version: '0',
    id: randomUUID(),
    'detail-type': placementCreated.name,
    source: placementCreated.source,
    account: '123456789012',
    time: new Date().toISOString(),
    region: 'eu-central-1',
    resources: [],
    detail: { ...detail, _trace: { traceparent: `00-${traceId}-${spanId}-01` } },
  };
  return {
    messageId: randomUUID(),
    receiptHandle: hex(64),
    body: JSON.stringify(envelope),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: sent,
      SenderId: 'AIDA',
      ApproximateFirstReceiveTimestamp: sent,
      AWSTraceHeader: `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=1`,
    },
    messageAttributes: {},
    md5OfBody: hex(16),
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:nedlia-notifier',
    awsRegion: 'eu-central-1',
  };
}
