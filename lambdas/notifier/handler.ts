import { sqsClient } from '../../aws/clients.ts';
import { consumer } from '../../aws/consume.ts';
import { webhookSecretsOf } from '../../aws/webhook-secrets.ts';
import { EnvironmentError, readEnv } from '../../core/env.ts';
import { service } from '../../events/catalogue.ts';
import { read } from '../../events/read.ts';
import { functionExporters } from '../../telemetry/export/function-exporters.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { env } from './env.ts';
import { notify } from './notify.ts';
import { webhookSender } from './webhook.ts';

// Once, when the process starts: the environment is read, nothing is connected yet.
const settings = readEnv(env, process.env);
const { WEBHOOK_ALLOW_LOOPBACK: allowLoopback, WEBHOOK_ALLOW_HOST: allowHost } = settings;
if (settings.STAGE !== 'local' && (allowLoopback || allowHost)) {
  const name = allowLoopback ? 'WEBHOOK_ALLOW_LOOPBACK' : 'WEBHOOK_ALLOW_HOST';
  throw new EnvironmentError(`wrong environment: ${name} is for stage local alone`);
}
const telemetry = startTelemetry({ service: service.notifier, mode: 'function', exporters: functionExporters });
const secrets = webhookSecretsOf(settings.WEBHOOK_SECRETS);
const send = webhookSender({ url: new URL(settings.WEBHOOK_URL), secrets, allowLoopback, allowHost });

/** For every batch: each record is opened, read, and told to the story; the failed ones are reported. */
export const handler = consumer({
  queue: { name: service.notifier, url: settings.QUEUE_URL, deadLetterUrl: settings.DEAD_LETTER_QUEUE_URL },
  sqs: sqsClient(),
  telemetry,
  read,
  story: notify({ send }),
});
