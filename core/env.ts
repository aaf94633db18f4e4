import * as v from 'valibot';

/** The environment one program needs: a valibot object schema whose inputs are strings. `lib/` type-checks what it deploys against its input. */
export type Contract = v.ObjectSchema<v.ObjectEntries, undefined>;

/** What `lib/` has to provide: the variables of a contract, as strings. */
export type Variables<C extends Contract> = v.InferInput<C>;

/** A variable that must be there and not empty. */
export const text = () => v.pipe(v.string('is missing'), v.trim(), v.minLength(1, 'is empty'));

/** An absolute URL of one of these schemes. */
export const url = (...schemes: string[]) =>
  v.pipe(
    text(),
    v.check(
      (value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)),
      `must be a URL (${schemes.join(', ')})`,
    ),
  );

/** A whole number in [min, max], written in decimal. */
export const whole = (min: number, max: number) =>
  v.pipe(
    text(),
    v.regex(/^\d+$/, 'must be a whole number'),
    v.transform(Number),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  );

/** `true` or `false`. */
export const flag = () =>
  v.pipe(
    v.picklist(['true', 'false'], 'must be true or false'),
    v.transform((value) => value === 'true'),
  );

/** An environment that does not fulfil its contract. The message names each variable and what is wrong, never its value. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * Reads a program's own variables once, at its door.
 * @throws EnvironmentError in one line, naming every variable that is missing or wrong.
 */
export function readEnv<C extends Contract>(contract: C, source: Record<string, string | undefined>): v.InferOutput<C> {
  const known = Object.fromEntries(Object.keys(contract.entries).map((name) => [name, source[name] || undefined]));
  const result = v.safeParse(contract, known);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => `${String(issue.path?.[0]?.key)} ${issue.message}`);
  throw new EnvironmentError(`wrong environment: ${problems.join('; ')}`);
}
