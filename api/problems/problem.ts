/** Every problem the API can answer with: its status and its title. The code is the key, stable, in kebab-case. */
export const problems = {
  'malformed-url': { status: 400, title: 'The path is not a valid URL path' },
  'invalid-json': { status: 400, title: 'The body is not a JSON object' },
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'This method is not offered here' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'already-exists': { status: 409, title: 'The id is taken' },
  'placement-overlap': { status: 409, title: 'Another placement covers part of this interval' },
  'placement-cancelled': { status: 409, title: 'The placement is cancelled' },
  'request-in-flight': { status: 409, title: 'A request with this Idempotency-Key is still running' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be plain application/json' },
  'misdirected-request': { status: 421, title: 'The Host is not one of this server' },
  'invalid-interval': { status: 422, title: 'The interval is empty, reversed or too late' },
  'unknown-video': { status: 422, title: 'The video does not exist' },
  'unknown-product': { status: 422, title: 'The product does not exist' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key belongs to another request' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'Not available right now' },
} as const;

export type Code = keyof typeof problems;

/** One field that was refused: where it is, why as a code, why in words. Never what it held. */
export interface FieldError {
  /** JSON pointer into the body; for a parameter or header, its name. */
  pointer: string;
  code: string;
  message: string;
}

/** An answer that is not the one hoped for, as `application/problem+json` (RFC 9457). Stories and routes throw it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: Code;
  readonly errors: FieldError[];
  readonly headers: Record<string, string>;

  constructor(
    code: Code,
    detail: string,
    about: { errors?: FieldError[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, about.cause === undefined ? undefined : { cause: about.cause });
    this.code = code;
    this.errors = about.errors ?? [];
    this.headers = about.headers ?? {};
  }

  get status(): number {
    return problems[this.code].status;
  }

  /**
   * The problem as it goes onto the wire (RFC 9457 section 3, `code`, `trace_id` and `errors` are our extension members).
   * @param where `instance` is the path, `traceId` that of the request's trace; a request that never became one has neither.
   */
  toWire(where: { instance?: string; traceId?: string | undefined } = {}) {
    return {
      type: typeOf(this.code),
      title: problems[this.code].title,
      status: this.status,
      detail: this.message,
      ...(where.instance === undefined ? {} : { instance: where.instance }),
      code: this.code,
      ...(where.traceId === undefined ? {} : { trace_id: where.traceId }),
      ...(this.errors.length === 0 ? {} : { errors: this.errors }),
    };
  }
}

/** A problem's `type`: a URN, because it names the problem and promises no page. */
export const typeOf = (code: Code): string => `urn:nedlia:problem:${code}`;

/** 404 for the id of a thing there is none of. */
export const notFound = (thing: 'placement' | 'product' | 'video'): Problem =>
  new Problem('not-found', `No ${thing} has this id.`);

/** A field refused beyond what its schema says. */
export const fieldProblem = (code: Code, detail: string, field: string, why: string): Problem =>
  new Problem(code, detail, { errors: [{ pointer: `/${field}`, code: why, message: detail }] });
