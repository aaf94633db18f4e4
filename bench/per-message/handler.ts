// What is measured per message: the product's own batch loop around a story that does nothing. Its bundle is a consumer's.
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { sqsClient } from '../../aws/clients.ts';
import { consumer } from '../../aws/consume.ts';
import { read } from '../../events/read.ts';
import { functionExporters } from '../../telemetry/export/function-exporters.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { aRecord } from '../records.ts';

const queue = 'nedlia-notifier';
// `EXPORT=amortised` is a long-running consumer: full batches. Else spans are sent at the end of each invocation, as functions do.
const amortised = process.env['EXPORT'] === 'amortised';
const telemetry = startTelemetry({
  service: queue,
  mode: amortised ? 'server' : 'function',
  exporters: functionExporters,
});

export const handler: (event: SQSEvent) => Promise<SQSBatchResponse> = consumer({
  queue: { name: queue, url: 'http://sqs.invalid/queue', deadLetterUrl: 'http://sqs.invalid/dlq' },
  sqs: sqsClient(),
  telemetry: { flush: amortised ? async () => {} : () => telemetry.flush() },
  read,
  story: async () => {},
});

export const flush = (): Promise<void> => telemetry.flush();

/** Batches of ten records, as a queue's mapping makes them; each record of a trace of its own. */
export const batches = (count: number): SQSEvent[] =>
  Array.from({ length: count }, () => ({ Records: Array.from({ length: 10 }, aRecord) }));
