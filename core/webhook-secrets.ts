import * as v from 'valibot';
import { text } from './env.ts';

/**
 * A Standard Webhooks secret: base64, with or without its `whsec_`. The specification asks for 24 to 64 random bytes;
 * the library itself takes a single one.
 */
const isSecret = (secret: string): boolean => {
  const encoded = secret.replace(/^whsec_/, '');
  const key = Buffer.from(encoded, 'base64');
  return key.toString('base64') === encoded && key.length >= 24 && key.length <= 64;
};

/** The secrets webhooks are signed with, comma-separated: two while one is rotated, and either is good. */
export const webhookSecretList = () =>
  v.pipe(
    text(),
    v.transform((said) => said.split(',').map((secret) => secret.trim())),
    v.check((secrets) => secrets.every(isSecret), 'must be base64 secrets of 24 to 64 bytes, separated by commas'),
  );

/** Comma-separated in the environment, or where they are kept. */
export type WebhookSecrets = string[] | { arn: string };

const ARN = /^arn:[^:]+:secretsmanager:/;

/** The secrets themselves, or the ARN of the secret in Secrets Manager that holds them: `{ arn }`. */
export const webhookSecrets = () =>
  v.lazy((said) =>
    typeof said === 'string' && ARN.test(said)
      ? v.pipe(
          v.string(),
          v.transform((arn) => ({ arn })),
        )
      : webhookSecretList(),
  );

/** Reads what the secret holds. @throws Error that does not repeat it. */
export function readWebhookSecrets(held: string): string[] {
  const read = v.safeParse(webhookSecretList(), held);
  if (!read.success) throw new Error(`the secret ${read.issues[0].message}`);
  return read.output;
}
