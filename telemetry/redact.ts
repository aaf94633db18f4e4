const SECRETS: [RegExp, string][] = [
  [/(:\/\/)[^/\s@]+@/g, '$1***@'],
  [/\bwhsec_[\w+/=-]+/g, 'whsec_***'],
  [/\b(bearer|basic)\s+[\w+/=.~-]+/gi, '$1 ***'],
  [/\b(x-amz-(?:signature|security-token|credential)=)[^&\s]+/gi, '$1***'],
];

/** Takes out what must reach neither a span nor a log line wherever it stands: credentials in URLs, tokens, webhook secrets, signatures. */
export const redact = (text: string): string =>
  SECRETS.reduce((clean, [pattern, mask]) => clean.replace(pattern, mask), text);

/** True for the name of a field whose value is a secret whatever it is. */
export const isSecretName = (name: string): boolean =>
  /(?:password|passwd|secret|token|authorization|cookie|api-?_?key|database_?url)/i.test(name);
