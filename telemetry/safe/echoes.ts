/**
 * What is no letter and no digit, in whatever way it is written: as it is, percent-encoded, escaped for JSON, as an entity. A run of
 * backslashes is looked at from its beginning alone: from each of them, it would take time as the square of their number.
 */
const OTHERS = /%[\da-f]{2}|(?<!\\)\\+[ux][\da-f]{2,4}|&#?\w{1,8};|[^a-z\d]/gi;

/** Names of ways to say who one is, and no secrets: https://www.iana.org/assignments/http-authschemes */
const SCHEMES =
  /^(?:bearer|basic|digest|negotiate|api-?key|token|credential|signature|signedheaders|aws4-hmac-sha256)$/i;

/** Shorter ones are words that stand in any text. */
const SHORTEST = 4;

/**
 * What went along with a request and is for the peer alone: credentials and parameters of the address, values of headers, each also
 * without what stands before it (`Bearer …`, `Signature=…`), and of Basic what is in the base64.
 */
export function secretsOf({ username, password, searchParams }: URL, headers: Record<string, string>): string[] {
  const values = Object.entries(headers).filter(([name]) => !/^(?:content-.*|host|user-agent)$/.test(name));
  const user = `${decoded(username)}:${decoded(password)}`;
  const all = [
    username,
    password,
    decoded(username),
    decoded(password),
    Buffer.from(user).toString('base64'),
    ...[...searchParams].map(([name, value]) => value || name),
    ...values.flatMap(([, value]) => [value, ...partsOf(value)]),
  ];
  return [...new Set(all)].filter((secret) => secret.length >= SHORTEST && !SCHEMES.test(secret));
}

function partsOf(value: string): string[] {
  const parts = value.split(/[\s,]+/).flatMap((part) => [part, part.slice(part.indexOf('=') + 1)]);
  const [, basic] = /^basic\s+(\S+)/i.exec(value) ?? [];
  if (!basic) return parts;
  const user = Buffer.from(basic, 'base64').toString('utf8');
  const colon = user.indexOf(':');
  return [...parts, user, user.slice(0, Math.max(0, colon)), user.slice(colon + 1)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A text of the peer's without them, in whatever case and encoding it repeats them. */
export function withoutEchoes(text: string, secrets: string[]): string {
  // The longest first: a part would leave the rest of the whole.
  const longestFirst = secrets.toSorted((a, b) => b.length - a.length);
  return longestFirst.reduce((clean, secret) => withoutEcho(clean, secret), text);
}

/** Compares letters and digits alone. By hand, since an expression that allows every encoding takes exponential time. */
function withoutEcho(text: string, secret: string): string {
  const sought = lettersOf(secret)
    .map(([letter]) => letter)
    .join('');
  // Of hardly any letters, it would be found everywhere.
  if (sought.length < SHORTEST - 1) return text.replaceAll(secret, '***');
  const letters = lettersOf(text);
  const searched = letters.map(([letter]) => letter).join('');
  let [clean, kept] = ['', 0];
  for (let at = searched.indexOf(sought); at >= 0; at = searched.indexOf(sought, at + sought.length)) {
    clean += `${text.slice(kept, letters[at]?.[1])}***`;
    kept = (letters[at + sought.length - 1]?.[1] ?? text.length) + 1;
  }
  return clean + text.slice(kept);
}

/** Each letter and digit, in small, with its place. */
function lettersOf(text: string): [letter: string, place: number][] {
  // In the room it took, so that places stay.
  const plain = text.replaceAll(OTHERS, (other) => ' '.repeat(other.length));
  return [...plain.matchAll(/[a-z\d]/gi)].map(({ 0: letter, index }) => [letter.toLowerCase(), index]);
}
