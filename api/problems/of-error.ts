import type { FastifyError } from 'fastify';
import { Unavailable } from '../../core/unavailable.ts';
import { Duplicate, Overlap } from '../../store/errors.ts';
import { type Code, fieldProblem, Problem } from './problem.ts';
import { fieldErrors } from './fields.ts';

/** Fastify's own refusals (https://fastify.dev/docs/latest/Reference/Errors/) in our words. */
const framework: Record<string, [Code, string]> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid-json', 'The body is empty.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid-json', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported-media-type', 'Send the body as application/json.'],
};

/** Whatever was thrown, as the problem to answer with. What nobody foresaw is `internal-error`, its cause attached for the log only. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Unavailable) return unavailable('A part this needs cannot be reached.', error.retryAfter, error);
  if (error instanceof Overlap) return overlap(error);
  if (error instanceof Duplicate) return fieldProblem('already-exists', 'This id is taken.', 'id', 'taken');
  if (isFastifyError(error)) return ofFramework(error);
  // The client left while it was still sending: nobody hears this, and it is no failure of ours.
  return isReset(error) ? new Problem('invalid-request', 'The request was not sent to its end.') : internal(error);
}

/** The losers of a race and those who came late hear the same. */
export const overlap = (cause?: unknown): Problem =>
  new Problem('placement-overlap', 'The video already has a placement in a part of this interval.', { cause });

/** 503 with the seconds after which another try is worth it (RFC 9110 section 10.2.3). */
export const unavailable = (detail: string, retryAfter: number, cause?: unknown): Problem =>
  new Problem('unavailable', detail, { headers: { 'retry-after': String(retryAfter) }, cause });

function ofFramework(error: FastifyError): Problem {
  if (error.validation) {
    const part = error.validationContext === 'body' ? 'The body' : 'A parameter or header';
    return new Problem('invalid-request', `${part} does not fit its schema.`, {
      errors: fieldErrors(error.validation),
    });
  }
  const [code, detail] = framework[error.code] ?? [];
  if (code && detail) return new Problem(code, detail);
  const refused = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  return refused ? new Problem('invalid-request', 'The request could not be read.') : internal(error);
}

const internal = (cause: unknown): Problem =>
  new Problem('internal-error', 'The request failed; its trace id tells us where.', { cause });

const isReset = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ECONNRESET' && error.message === 'aborted';

const isFastifyError = (error: unknown): error is FastifyError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_');
