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
export const webhookSecrets = () =>
  v.pipe(
    text(),
    v.transform((list) => list.split(',').map((secret) => secret.trim())),
    v.check((secrets) => secrets.every(isSecret), 'must be base64 secrets of 24 to 64 bytes, separated by commas'),
  );
