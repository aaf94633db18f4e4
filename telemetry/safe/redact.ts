const SECRETS: [RegExp, string][] = [
  [/(:\/\/)[^/\s]+@/g, '$1***@'],
  [/\bcxtp_\w+/g, 'cxtp_***'],
  [/\bwhsec_[\w+/=-]+/g, 'whsec_***'],
  [/\b(bearer|basic)\s+[\w+/=.~-]+/gi, '$1 ***'],
  [/\b(x-amz-(?:signature|security-token|credential)=)[^&\s]+/gi, '$1***'],
];

/** A letter of each of them; most texts have none, and are not searched five times: 0.1 µs instead of 0.5 for a path. */
const SUSPICIOUS = /@|cxtp_|whsec_|bearer|basic|x-amz-/i;

/** All others are known by how they begin, credentials in a URL only by the `@` behind them, which may be cut off. */
const UNFINISHED = /(:\/\/)[^/\s]+$/;

/**
 * Takes out what must reach neither a span nor a log line wherever it stands: credentials in URLs, tokens, webhook
 * secrets, signatures. The text is cut to `length` after twice as much was searched; where that cut goes through what may
 * be credentials they count as such, so that no half of a secret stays.
 */
export function redact(text: string, length: number): string {
  const begin = text.slice(0, 2 * length);
  const searched = begin.length < text.length ? begin.replace(UNFINISHED, '$1***') : begin;
  if (!SUSPICIOUS.test(searched)) return searched.slice(0, length);
  return SECRETS.reduce((clean, [pattern, mask]) => clean.replace(pattern, mask), searched).slice(0, length);
}

/** True for the name of a field whose value is a secret whatever it is. */
export const isSecretName = (name: string): boolean =>
  /(?:password|passwd|secret|token|authorization|cookie|api-?_?key|database_?url)/i.test(name);
