import { eventBridgeClient, sqsClient } from '../../aws/clients.ts';
import { consumer } from '../../aws/consume.ts';
import { readEnv } from '../../core/env.ts';
import { service } from '../../events/catalogue.ts';
import { publisher } from '../../outbox/publish.ts';
import { openDatabase } from '../../store/database.ts';
import { oldestUnpublishedAgeMs } from '../../store/outbox.ts';
import { deleteExpired } from '../../store/retention.ts';
import { functionExporters } from '../../telemetry/export/function-exporters.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { env } from './env.ts';
import { relay } from './relay.ts';

// Once, when the process starts: the environment is read, nothing is connected yet.
const settings = readEnv(env, process.env);
const telemetry = startTelemetry({ service: service.relay, mode: 'function', exporters: functionExporters });
const db = openDatabase({ url: settings.DATABASE_URL, max: 2 });
const [sqs, eventBridge] = [sqsClient(), eventBridgeClient()];

const outbox = publisher({
  db,
  eventBridge,
  sqs,
  bus: settings.EVENT_BUS_NAME,
  queues: { [service.fileGenerator]: settings.FILE_GENERATOR_QUEUE_URL },
});

/** For every batch of nudges: they say nothing themselves, so whatever their body is, the outbox is looked through once. */
export const handler = consumer({
  queue: { name: service.relay, url: settings.QUEUE_URL, deadLetterUrl: settings.DEAD_LETTER_QUEUE_URL },
  sqs,
  telemetry,
  capMs: 55_000, // a full outbox takes its time; the function's own end comes at 60 s
  read: () => ({ correlationId: undefined }),
  story: relay({
    publishLeft: (signal) => outbox.publishLeft(signal),
    oldestAge: () => oldestUnpublishedAgeMs(db),
    deleteExpired: () => deleteExpired(db),
  }),
});
