const MAX_URL = 2048;
const MAX_PARAMETERS = 20;
const CREDENTIALS = 'REDACTED:REDACTED@';

/**
 * Where a URL leads, without who asks: credentials, every parameter's value and the fragment; a parameter's name stays. The conventions
 * name four values to replace (`sig`, `Signature`, `AWSAccessKeyId`, `X-Goog-Signature`), but everybody calls a token what they like.
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/
 */
export function publicUrl({ protocol, username, password, host, pathname, search }: URL): string {
  const credentials = username || password ? CREDENTIALS : '';
  return `${protocol}//${credentials}${host}${pathname}${publicQuery(search)}`.slice(0, MAX_URL);
}

/** What is no `name=value` may be a token alone, also one whose base64 ends in `=`. */
const publicQuery = (search: string): string => {
  if (search === '') return '';
  const pairs = search.slice(1).split('&', MAX_PARAMETERS);
  return `?${pairs.map((pair) => `${/^([\w.-]{1,40})=[^=]/.exec(pair)?.[1] ?? ''}=REDACTED`).join('&')}`;
};

/** An address somebody has typed, with or without a scheme, as it may be shown: `publicUrl`, also of what is no URL. */
export function publicAddress(typed: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]*:\/\/)?(.*)$/is.exec(typed.trim()) ?? [];
  const url = URL.parse(scheme ? typed : `any://${rest}`);
  // An @ behind the host is a password's that has a slash in it; what is no URL may have one with anything.
  const isUrl = url !== null && !url.pathname.includes('@');
  if (isUrl && !url.username && !url.password && !url.search && !url.hash) return typed.trim();
  if (isUrl) return scheme ? publicUrl(url) : publicUrl(url).slice('any://'.length);
  const at = rest.lastIndexOf('@');
  const [place = ''] = rest.slice(at + 1).split(/[?#]/, 1);
  const hidden = rest.length > at + 1 + place.length ? '?=REDACTED' : '';
  return `${scheme}${at >= 0 ? CREDENTIALS : ''}${place}${hidden}`;
}

/** Begun where a word begins and bounded, so that no text takes longer than it is long; a password of 1 kB is nobody's. */
const ADDRESSES =
  /\b[a-z][a-z\d+.-]{0,30}:\/\/[^\s"'<>]+|(?<![^\s"'<>/@,])[^\s"'<>/@:,]*:[^\s"'<>@]{1,1024}@[^\s"'<>]+/gi;

/** A text with every address in it as it may be shown, wherever it stands. */
export const publicText = (text: string): string =>
  /[@?#]/.test(text) ? text.replaceAll(ADDRESSES, publicAddress) : text;
