import { readWebhookSecrets, type WebhookSecrets } from '../core/webhook-secrets.ts';
import { log } from '../telemetry/log.ts';
import { secretReader } from './secrets.ts';

/** After this long a secret is asked for again, so that a rotation takes effect without a deployment. */
const TRUSTED_MS = 5 * 60_000;

/**
 * The secrets as they are, or those the named secret holds at present. One that cannot be read again is used on; until it was
 * read for the first time this throws.
 */
export function webhookSecretsOf(
  given: WebhookSecrets,
  read: (arn: string) => Promise<string> = secretReader(),
  now: () => number = Date.now,
): () => Promise<readonly string[]> {
  if (Array.isArray(given)) return () => Promise.resolve(given);
  let known: { secrets: string[]; at: number } | undefined;
  return async () => {
    if (known && now() - known.at < TRUSTED_MS) return known.secrets;
    try {
      known = { secrets: readWebhookSecrets(await read(given.arn)), at: now() };
    } catch (error) {
      if (!known) throw error;
      log.warn('the webhook secret could not be read again; using the last one', { error });
    }
    return known.secrets;
  };
}
