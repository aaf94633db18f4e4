import { randomBytes, randomUUID } from 'node:crypto';
import type { Context, SQSMessageAttributes, SQSRecord } from 'aws-lambda';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

/** A sampled `traceparent` that nobody else has. */
export const aTraceparent = (): string => `00-${hex(16)}-${hex(8)}-01`;

/** An SQS record as Lambda hands it over, sent a second ago and received for the first time. */
export function aRecord(about: Partial<Omit<SQSRecord, 'attributes'>> & { attributes?: object } = {}): SQSRecord {
  const sent = String(Date.now() - 1000);
  return {
    messageId: randomUUID(),
    receiptHandle: hex(8),
    body: '{}',
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:things',
    awsRegion: 'eu-central-1',
    ...about,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: sent,
      SenderId: 'AIDA',
      ApproximateFirstReceiveTimestamp: sent,
      ...about.attributes,
    },
  };
}

/** String attributes as Lambda hands them over. */
export const stringAttributes = (values: Record<string, string>): SQSMessageAttributes =>
  Object.fromEntries(
    Object.entries(values).map(([name, stringValue]) => [name, { dataType: 'String', stringValue }] as const),
  );

/** An event as a rule puts it onto a queue. */
export const anEnvelope = (detail: unknown, about: object = {}): string =>
  JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'thing.happened',
    source: 'test',
    time: new Date().toISOString(),
    detail,
    ...about,
  });

/** What Lambda says about an invocation that has this long to live. */
export const aLambdaContext = (remainingMs = 30_000): Context => {
  const end = Date.now() + remainingMs;
  return {
    functionName: 'things',
    awsRequestId: randomUUID(),
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:things',
    getRemainingTimeInMillis: () => end - Date.now(),
  } as Context;
};
