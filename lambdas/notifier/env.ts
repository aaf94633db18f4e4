import * as v from 'valibot';
import { flag, text, url } from '../../core/env.ts';
import { webhookSecrets } from '../../core/webhook-secrets.ts';

/** What the notifier needs; `lib/` type-checks what it deploys against this. It has no database. */
export const env = v.object({
  STAGE: text(),
  QUEUE_URL: url('http', 'https'),
  DEAD_LETTER_QUEUE_URL: url('http', 'https'),
  /** Where webhooks go. Only a malformed one stops the start: whether it is a permitted target is judged per message (target.ts). */
  WEBHOOK_URL: url('https', 'http'),
  /** Or the ARN of the secret that holds them. With two, while a secret is rotated, each webhook carries two signatures. */
  WEBHOOK_SECRETS: webhookSecrets(),
  /** Stage local alone: this machine itself, and one name inside a container network, as targets. */
  WEBHOOK_ALLOW_LOOPBACK: v.optional(flag(), 'false'),
  WEBHOOK_ALLOW_HOST: v.optional(text()),
});
