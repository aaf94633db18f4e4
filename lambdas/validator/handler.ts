import { sqsClient } from '../../aws/clients.ts';
import { consumer } from '../../aws/consume.ts';
import { readEnv } from '../../core/env.ts';
import { service } from '../../events/catalogue.ts';
import { read } from '../../events/read.ts';
import { openOutbox } from '../../outbox/open.ts';
import { functionExporters } from '../../telemetry/export/function-exporters.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { env } from './env.ts';
import { validate } from './validate.ts';

// Once, when the process starts: the environment is read, nothing is connected yet.
const settings = readEnv(env, process.env);
const telemetry = startTelemetry({ service: service.validator, mode: 'function', exporters: functionExporters });
const sqs = sqsClient();
const outbox = openOutbox({ env: settings, sqs, max: 4 });

/** For every batch: each record is opened, read, and told to the story; the failed ones are reported. */
export const handler = consumer({
  queue: { name: service.validator, url: settings.QUEUE_URL, deadLetterUrl: settings.DEAD_LETTER_QUEUE_URL },
  sqs,
  telemetry,
  read,
  story: validate(outbox),
});
