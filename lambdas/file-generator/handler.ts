import { eventBridgeClient, nudgeClient, s3Client, sqsClient } from '../../aws/clients.ts';
import { consumer } from '../../aws/consume.ts';
import { putFile } from '../../aws/files.ts';
import { readEnv } from '../../core/env.ts';
import { service } from '../../events/catalogue.ts';
import { read } from '../../events/read.ts';
import { nudger } from '../../outbox/nudge.ts';
import { publisher } from '../../outbox/publish.ts';
import { writer } from '../../outbox/write.ts';
import { openDatabase } from '../../store/database.ts';
import { functionExporters } from '../../telemetry/export/function-exporters.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { env } from './env.ts';
import { generate } from './generate.ts';
import { CONTENT_TYPE } from './render.ts';

// Once, when the process starts: the environment is read, nothing is connected yet.
const settings = readEnv(env, process.env);
const telemetry = startTelemetry({ service: service.fileGenerator, mode: 'function', exporters: functionExporters });
const delaySeconds = settings.RELAY_DELAY_SECONDS;
const db = openDatabase({ url: settings.DATABASE_URL, max: 4, transactionTimeoutMs: (delaySeconds * 1000) / 6 });
const [sqs, s3, eventBridge] = [sqsClient(), s3Client(), eventBridgeClient()];

const say = writer(nudger({ sqs: nudgeClient(), queueUrl: settings.RELAY_QUEUE_URL, delaySeconds }));
const outbox = publisher({ db, eventBridge, sqs, bus: settings.EVENT_BUS_NAME, queues: {} });
const bucket = settings.BUCKET_NAME;

/** For every batch: each record is opened, read, and told to the story; the failed ones are reported. */
export const handler = consumer({
  queue: { name: service.fileGenerator, url: settings.QUEUE_URL, deadLetterUrl: settings.DEAD_LETTER_QUEUE_URL },
  sqs,
  telemetry,
  read,
  story: generate({
    db,
    bucket,
    upload: ({ key, content }, signal) => putFile(s3, bucket, key, content, CONTENT_TYPE, signal),
    say,
    publish: (rows) => outbox.publish(rows),
  }),
});
