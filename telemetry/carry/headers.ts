/** A header's value as HTTP libraries give it: one, several, or none. */
type Value = string | string[] | undefined;

/** The value of a header that may stand once only: two of it are none. */
export function only(value: Value): string | undefined {
  if (Array.isArray(value)) return value.length === 1 ? value[0] : undefined;
  return value;
}

/** The values of a header that is a list, which may stand on several lines, as one. */
export const joined = (value: Value): string | undefined => (Array.isArray(value) ? value.join(',') : value);
