import type { FastifySchemaValidationError } from 'fastify';
import type { FieldError } from './problem.ts';

// A body of 64 KiB holds thousands of wrong names: a problem lists the first twenty, each cut.
const MOST_ERRORS = 20;
const LONGEST_NAME = 100;

const codes: Record<string, string> = {
  additionalProperties: 'unknown-property',
  required: 'missing',
  type: 'wrong-type',
  pattern: 'wrong-format',
  minLength: 'wrong-length',
  maxLength: 'wrong-length',
  minimum: 'out-of-range',
  exclusiveMinimum: 'out-of-range',
  maximum: 'out-of-range',
};

/** What the validator found, as the fields of a problem: names and reasons, no values. */
export const fieldErrors = (found: FastifySchemaValidationError[]): FieldError[] =>
  found.slice(0, MOST_ERRORS).map((error) => ({
    pointer: pointer(error),
    code: codes[error.keyword] ?? 'invalid',
    message: error.keyword === 'additionalProperties' ? 'is not a known property' : (error.message ?? 'is invalid'),
  }));

/** Where it is (RFC 6901). The validator points at the object when a property is missing or too many; we point at the property. */
function pointer({ instancePath, params }: FastifySchemaValidationError): string {
  const name = params['missingProperty'] ?? params['additionalProperty'];
  return typeof name === 'string' ? `${instancePath}/${escape(cut(name))}` : instancePath;
}

const escape = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

// By code points, so that the cut leaves no half of a surrogate pair; a lone one becomes U+FFFD.
const cut = (name: string): string => Array.from(name.toWellFormed()).slice(0, LONGEST_NAME).join('');
