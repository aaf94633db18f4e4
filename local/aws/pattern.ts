type Fields = Record<string, unknown>;

/**
 * Compiles an EventBridge pattern of plain values: every field must hold one of the listed values, objects nest, and a list in the
 * event matches when any of its items does. Throws, naming the path, on operators (`prefix`, `exists`, `$or`, …): no rule here uses one.
 */
export function toPredicate(pattern: Fields, path: string): (event: Fields) => boolean {
  const fields = Object.entries(pattern).map(([name, expected]) => {
    const here = `${path}.${name}`;
    if (name.startsWith('$')) throw new Error(`${here}: this pattern operator is not known here`);
    if (isFields(expected)) {
      const nested = toPredicate(expected, here);
      return (event: Fields) => isFields(event[name]) && nested(event[name]);
    }
    if (!Array.isArray(expected)) throw new Error(`${here}: a pattern needs a list of values`);
    const operator = expected.find((value) => typeof value === 'object' && value !== null);
    if (operator !== undefined)
      throw new Error(`${here}: the pattern operator ${JSON.stringify(operator)} is not known here`);
    return (event: Fields) => [event[name]].flat().some((value) => expected.includes(value));
  });
  return (event) => fields.every((matches) => matches(event));
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
