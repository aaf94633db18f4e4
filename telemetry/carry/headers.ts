/** A header's value as HTTP libraries give it: one, several, or none. */
type Value = string | string[] | undefined;

/** The value of a header that may stand once only: two of it are none. */
export function only(value: Value): string | undefined {
  const values = [value ?? []].flat();
  return values.length === 1 ? values[0] : undefined;
}

/** The values of a header that is a list, which may stand on several lines, as one. */
export const joined = (value: Value): string => [value ?? []].flat().join(',');
