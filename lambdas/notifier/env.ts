import * as v from 'valibot';
import { flag, text, url } from '../../core/env.ts';

/**
 * A Standard Webhooks secret: base64, with or without its `whsec_`. The specification asks for 24 to 64 random bytes;
 * the library itself takes a single one.
 */
const isSecret = (secret: string): boolean => {
  const encoded = secret.replace(/^whsec_/, '');
  const key = Buffer.from(encoded, 'base64');
  return key.toString('base64') === encoded && key.length >= 24 && key.length <= 64;
};

/** What the notifier needs; `lib/` type-checks what it deploys against this. It has no database. */
export const env = v.object({
  STAGE: text(),
  QUEUE_URL: url('http', 'https'),
  DEAD_LETTER_QUEUE_URL: url('http', 'https'),
  /** Where webhooks go. Only a malformed one stops the start: whether it is a permitted target is judged per message (target.ts). */
  WEBHOOK_URL: url('https', 'http'),
  /** Comma-separated: two while a secret is rotated, and each webhook then carries two signatures. */
  WEBHOOK_SECRETS: v.pipe(
    text(),
    v.transform((list) => list.split(',').map((secret) => secret.trim())),
    v.check((secrets) => secrets.every(isSecret), 'must be base64 secrets of 24 to 64 bytes, separated by commas'),
  ),
  WEBHOOK_ALLOW_LOOPBACK: v.optional(flag(), 'false'),
});
