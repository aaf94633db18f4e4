import { log } from '../log.ts';
import { redact } from '../safe/redact.ts';
import { publicText } from '../safe/url.ts';

export type Environment = Record<string, string | undefined>;

/** What a variable says; an empty one says nothing. */
export const said = (env: Environment, variable: string): string | undefined => env[variable]?.trim() || undefined;

/** What a reader found out about a variable. */
export interface Finding {
  variable: string;
  /** The effective value, as text; `undefined` when nothing of what it says counts, or it says nothing. */
  value?: string | undefined;
  /** What is wrong with it, and what is done instead. */
  problem?: string;
  /** The name that is none, and those it could have been; the name may be a secret put into the wrong place. */
  unknown?: { said: string; allowed: readonly string[] };
  /** What is worth knowing though nothing is wrong. */
  note?: string;
  /** The standard's variables an alias was put into. */
  aliasOf?: readonly string[];
}

type Watcher = (finding: Finding) => void;
let watcher: Watcher | undefined;

/** Runs what reads settings and tells what the readers find out: how `npm run doctor` knows without reading anything itself. */
export function watchReaders<T>(tell: Watcher, work: () => T): T {
  const before = watcher;
  watcher = tell;
  try {
    return work();
  } finally {
    watcher = before;
  }
}

/**
 * A variable of telemetry's that is wrong only warns, once, saying what was allowed and what is done instead: the work goes
 * on. `counts` is false where nothing of what it says does. An address in the text is told without its secrets.
 */
export function warn(
  variable: string,
  problem: string,
  instead: string,
  { counts = true, unknown }: { counts?: boolean; unknown?: Finding['unknown'] } = {},
): void {
  const text = publicText(`${problem}; ${instead}`);
  log.warn(`${variable} ${text}`);
  watcher?.({ variable, problem: text, ...(unknown && { unknown }), ...(!counts && { value: undefined }) });
}

/** Says in one line of the log what is worth knowing about a variable that is not wrong. */
export function note(variable: string, text: string, more?: Pick<Finding, 'value' | 'aliasOf'>): void {
  const shown = publicText(text);
  log.info(`${variable} ${shown}`);
  watcher?.({ variable, note: shown, ...more });
}

/** What a variable may say: the names this program can serve, and the standard's others, which it knows but does not carry. */
export interface Names {
  here: readonly string[];
  elsewhere: readonly string[];
  otherwise: string;
}

/**
 * Reads a list of names, in any case and with spaces. Every wrong name is warned of in one line and left out; nothing
 * left, or nothing said, is as good as `otherwise`.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#enum
 */
export function readNames(env: Environment, variable: string, names: Names): string[] {
  const listed = (env[variable] ?? '').split(',').map((name) => name.trim().toLowerCase());
  const wanted = [...new Set(listed.filter((name) => name !== ''))];
  const known = wanted.filter((name) => names.here.includes(name));
  for (const name of wanted.filter((name) => !names.here.includes(name))) {
    const problem = names.elsewhere.includes(name) ? 'is not in this bundle' : 'is not a known name';
    const instead = known.length > 0 ? 'it is left out' : `using ${names.otherwise}`;
    warn(variable, `"${redact(publicText(name), 40)}" ${problem}`, `${instead} (allowed: ${names.here.join(', ')})`, {
      unknown: { said: name, allowed: names.here },
    });
  }
  watcher?.({ variable, value: known.length > 0 ? known.join(',') : undefined });
  return known.length > 0 ? known : names.otherwise.split(',');
}

/** Reads one name; see `readNames`. */
export const readName = (env: Environment, variable: string, names: Names): string =>
  readNames(env, variable, names)[0] ?? names.otherwise;

type Range = readonly [min: number, max: number];

/** Reads a number in [min, max]; `undefined` when it is not set, and after a warning when it is wrong. */
export const readNumber = (env: Environment, variable: string, range: Range): number | undefined =>
  readRange(env, variable, range, { what: 'a number', isOne: Number.isFinite });

/** The same of whole numbers: counts, and milliseconds, of which timers take no halves. */
export const readInteger = (env: Environment, variable: string, range: Range): number | undefined =>
  readRange(env, variable, range, { what: 'a whole number', isOne: Number.isInteger });

function readRange(
  env: Environment,
  variable: string,
  [min, max]: Range,
  { what, isOne }: { what: string; isOne: (value: number) => boolean },
): number | undefined {
  const text = said(env, variable);
  if (text === undefined) return undefined;
  const value = Number(text);
  const isAllowed = isOne(value) && value >= min && value <= max;
  watcher?.({ variable, value: isAllowed ? String(value) : undefined });
  if (isAllowed) return value;
  warn(variable, `must be ${what} from ${min} to ${max}`, 'using the default');
  return undefined;
}

/** Reads `true` or `false`, in any case; false when it is not set, and after a warning when it is wrong. */
export function readFlag(env: Environment, variable: string): boolean {
  const value = said(env, variable)?.toLowerCase();
  const isFlag = value === 'true' || value === 'false';
  watcher?.({ variable, value: isFlag ? value : undefined });
  if (value !== undefined && !isFlag) warn(variable, 'must be true or false', 'using false');
  return value === 'true';
}

/** The stock exporter and the provider read `process.env` for themselves, at once; they are to see what we were given. */
export function withEnvironment<T>(env: Environment, create: () => T): T {
  const before = process.env;
  process.env = env;
  try {
    return create();
  } finally {
    process.env = before;
  }
}
