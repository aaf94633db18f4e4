import * as v from 'valibot';
import { webhookSecrets } from '../../core/webhook-secrets.ts';

/** What the receiver needs; `lib/` type-checks what it deploys against this. */
export const env = v.object({
  /** A webhook signed with any of them is genuine: the notifier's own list. */
  WEBHOOK_SECRETS: webhookSecrets(),
});
