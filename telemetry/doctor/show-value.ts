import { isSecretName, redact } from '../safe/redact.ts';
import { publicAddress, publicText } from '../safe/url.ts';
import type { KnownVariable } from '../settings/known.ts';

const MOST = 200;

/** A variable's value as it may be shown to anyone reading along: no credentials in addresses, no query, no token, no secret attribute. */
export function showValue(value: string, holds?: KnownVariable['holds']): string {
  if (holds === 'secret') return '***';
  if (holds === 'headers') return pairs(value, () => true);
  if (holds === 'address') return redact(publicAddress(value), MOST);
  return redact(publicText(/[^,=]=/.test(value) ? pairs(value, isSecretName) : value), MOST);
}

const pairs = (text: string, isSecret: (key: string) => boolean): string =>
  text
    .split(',')
    .map((pair) => {
      // What is no pair may be a secret that was put in without its key; base64 may end in `=`.
      const [, key] = /^\s*([\w.-]+)\s*=[^=]/.exec(pair) ?? [];
      if (key === undefined) return isSecret('') && pair.trim() !== '' ? '***' : pair;
      return isSecret(key) ? `${key}=***` : pair;
    })
    .join(',');
