/** What may name a video, product or placement, and a correlation id: safe in a URL, an object key, a header and a log line. */
export const ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** True for a string of 1 to 64 characters from `A–Z a–z 0–9 _ -`. */
export const isId = (value: unknown): value is string => typeof value === 'string' && ID_PATTERN.test(value);
