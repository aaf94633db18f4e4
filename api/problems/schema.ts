import { Type } from 'typebox';
import { type Code, problems, typeOf } from './problem.ts';

const codes = Object.keys(problems) as Code[];

/** The one shape of every answer that is not the one hoped for; shared, so a document names it once. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'Names the problem: `urn:nedlia:problem:` and the code.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What was wrong with this request. Never repeats a refused value.' }),
    instance: Type.Optional(Type.String({ description: 'The path that was asked for.' })),
    code: Type.String({ enum: codes }),
    trace_id: Type.Optional(
      Type.String({
        description:
          'The trace of this request: 32 hexadecimal digits. Absent where HTTP itself was broken, late or too large before it was a request.',
      }),
    ),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String(), code: Type.String(), message: Type.String() }), {
        maxItems: 20,
        description: 'The fields that were refused: a JSON pointer each, why as a code and in words.',
      }),
    ),
  },
  { $id: 'Problem', description: 'RFC 9457 problem details.' },
);

const headersOf: Partial<Record<number, Record<string, object>>> = {
  405: { Allow: { type: 'string', description: 'The methods this path offers.' } },
  503: { 'Retry-After': { type: 'integer', description: 'Seconds after which another try is worth it.' } },
};

/** Documents the problems a route may answer with, by status; each status lists its codes as examples. */
export function problemAnswers(...possible: Code[]): Record<string, object> {
  const statuses = [...new Set(possible.map((code) => problems[code].status))];
  const codesOf = (status: number) => possible.filter((code) => problems[code].status === status);
  return Object.fromEntries(statuses.map((status) => [String(status), answer(status, codesOf(status))]));
}

const answer = (status: number, possible: Code[]) => ({
  description: possible.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
  ...(headersOf[status] && { headers: headersOf[status] }),
  content: {
    'application/problem+json': {
      schema: { $ref: 'Problem#' },
      examples: Object.fromEntries(possible.map((code) => [code, { value: example(code) }])),
    },
  },
});

const example = (code: Code) => ({
  type: typeOf(code),
  title: problems[code].title,
  status: problems[code].status,
  detail: 'What was wrong with this request.',
  instance: '/v1/placements',
  code,
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
});

/** What every route may answer. */
const anywhere = ['internal-error', 'unavailable'] as const;

/** The problems of a POST with a body: everything the door can refuse, and its own. */
export const postProblems = (...own: Code[]) =>
  problemAnswers(
    'invalid-json',
    'invalid-request',
    'request-in-flight',
    'body-too-large',
    'unsupported-media-type',
    'idempotency-key-reused',
    ...own,
    ...anywhere,
  );

/** The problems of a list. */
export const readProblems = problemAnswers('invalid-request', ...anywhere);

/** The problems of one thing by its id. */
export const singleProblems = problemAnswers('invalid-request', 'not-found', ...anywhere);
