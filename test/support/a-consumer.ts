import type { SQSEvent } from 'aws-lambda';
import type { Delivery } from '../../aws/consume.ts';
import { consumer } from '../../aws/consume.ts';
import { consumerSqs } from './consumer-sqs.ts';
import { aLambdaContext } from './records.ts';

/** What the consumers of these tests read. */
export interface Thing {
  correlationId: string | undefined;
  thing: string;
}

/** The queue of things. */
export const queue = { name: 'things', url: 'http://sqs/things', deadLetterUrl: 'http://sqs/things-dlq' };
/** Believes every body. */
export const read = (body: unknown) => body as Thing;
/** What a story does that has nothing to do. */
export const nothing = async (): Promise<void> => {};

/** A consumer of things with this story, on an SQS that may refuse one operation. */
export function aConsumer(
  story: (thing: Thing, delivery: Delivery) => Promise<void>,
  about: { capMs?: number; fails?: string } = {},
) {
  const flushes: number[] = [];
  const { sqs, asked } = consumerSqs(({ operation }) => operation === about.fails);
  const telemetry = { flush: async () => void flushes.push(Date.now()) };
  const handler = consumer<Thing>({ queue, sqs, telemetry, read, story, ...(about.capMs && { capMs: about.capMs }) });
  const handle = async (records: SQSEvent['Records'], remainingMs?: number) => {
    const { batchItemFailures } = await handler({ Records: records }, aLambdaContext(remainingMs));
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  return { handler, handle, asked, flushes };
}
