import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A webhook secret of this machine's own (Standard Webhooks form), made once and kept beside the data. */
export async function ownSecret(directory: string): Promise<string> {
  const file = path.join(directory, 'webhook-secret');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept) return kept.trim();
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}
