import { publicUrl } from '../export/target.ts';
import { isSecretName, redact } from './redact.ts';

const MOST = 200;

/** A variable's value as it may be shown to whoever stands by: no credentials in addresses, no query, no token, no secret attribute. */
export function showValue(value: string, secret?: 'value' | 'pairs'): string {
  if (secret === 'value') return '***';
  if (secret === 'pairs') return pairs(value, () => true);
  const url = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? URL.parse(value) : null;
  if (url) return redact(url.username || url.password || url.search ? publicUrl(url) : value, MOST);
  return redact(/[^,=]=/.test(value) ? pairs(value, isSecretName) : value, MOST);
}

const pairs = (text: string, isSecret: (key: string) => boolean): string =>
  text
    .split(',')
    .map((pair) => {
      const [key = '', ...rest] = pair.split('=');
      // What is no pair may be a secret that was put in without its key.
      if (rest.length === 0) return isSecret('') ? '***' : pair;
      return isSecret(key) ? `${key.trim()}=***` : pair;
    })
    .join(',');
