import { log } from '../log.ts';
import { redact } from '../safe/redact.ts';

export type Environment = Record<string, string | undefined>;

/** What a variable says; an empty one says nothing. */
export const said = (env: Environment, variable: string): string | undefined => env[variable]?.trim() || undefined;

/** A variable of telemetry's that is wrong only warns, once, saying what was allowed and what is done instead: the work goes on. */
export function warn(variable: string, problem: string, instead: string): void {
  log.warn(`${variable} ${problem}; ${instead}`);
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
    const problem = names.elsewhere.includes(name) ? 'is not in this bundle' : 'is not a name it knows';
    const instead = known.length > 0 ? 'it is left out' : `using ${names.otherwise}`;
    warn(variable, `"${redact(name, 40)}" ${problem}`, `${instead} (allowed: ${names.here.join(', ')})`);
  }
  return known.length > 0 ? known : names.otherwise.split(',');
}

/** Reads one name; see `readNames`. */
export const readName = (env: Environment, variable: string, names: Names): string =>
  readNames(env, variable, names)[0] ?? names.otherwise;

/** Reads a number in [min, max]; `undefined` when it is not set, and after a warning when it is wrong. */
export function readNumber(env: Environment, variable: string, [min, max]: [number, number]): number | undefined {
  const text = said(env, variable);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value >= min && value <= max) return value;
  warn(variable, `must be a number from ${min} to ${max}`, 'using the default');
  return undefined;
}

/** Reads `true` or `false`, in any case; false when it is not set, and after a warning when it is wrong. */
export function readFlag(env: Environment, variable: string): boolean {
  const value = said(env, variable)?.toLowerCase();
  if (value !== undefined && value !== 'true' && value !== 'false')
    warn(variable, 'must be true or false', 'using false');
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
