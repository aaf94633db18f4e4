import { Type } from 'typebox';
import { ID_PATTERN } from '../../core/ids.ts';
import { MAX_MS, toMilliseconds } from '../../core/placement.ts';
import { fieldProblem } from '../problems/problem.ts';

export const Id = (description: string) =>
  Type.String({ pattern: ID_PATTERN.source, description, examples: ['0198a3c2-7d1e-7b3a-9c55-1f2e3d4c5b6a'] });

/** What people call a thing. PostgreSQL stores no NUL and UTF-8 has no lone surrogates, so neither is accepted. */
export const Name = (description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: String.raw`^[^\u0000\uD800-\uDFFF]*$`,
    description,
    examples: [example],
  });

export const Moment = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-11-20T12:00:00.000Z'] });

/** Seconds to the millisecond. Only the floor stands in the schema: an end beyond seven days is a question of meaning (422). */
export const Seconds = (description: string, example: number) =>
  Type.Number({ minimum: 0, description: `${description}, in seconds, to the millisecond.`, examples: [example] });

/** How long a video may be: more than nothing, at most seven days. */
export const Duration = Type.Number({
  exclusiveMinimum: 0,
  maximum: MAX_MS / 1000,
  description: 'How long the video is, in seconds, to the millisecond; at most seven days.',
  examples: [90.5],
});

/** A field in seconds as integer milliseconds. JSON Schema cannot say "to the millisecond": `multipleOf` refuses 14 % of valid ones. */
export function milliseconds(field: string, seconds: number): number {
  const value = toMilliseconds(seconds);
  if (value !== undefined) return value;
  throw fieldProblem(
    'invalid-request',
    'A time must not be finer than a millisecond.',
    field,
    'finer-than-a-millisecond',
  );
}
