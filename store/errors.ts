import { DatabaseError as ServerError } from 'pg';
import { Unavailable } from '../core/unavailable.ts';

/** Another placement holds a part of this interval: the exclusion constraint refused the row (23P01). */
export class Overlap extends Error {
  override readonly name = 'Overlap';
}

/** A row of this id exists already (23505). */
export class Duplicate extends Error {
  override readonly name = 'Duplicate';
}

/**
 * What PostgreSQL, or the way to it, answered. Its message is safe to log: PostgreSQL quotes refused values in `detail`,
 * which is not kept, and in the messages of some classes, which are replaced.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  /** SQLSTATE; 08001 and 08006 also stand for a session that could not be opened, or was lost without one. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(`${message} (${code})`, options);
    this.code = code;
  }
}

/** Classes whose messages name tables, columns, constraints and settings, but never a value: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const SPEAKING = /^(08|23|25|28|3D|3F|40|42|53|55|57|58)/;
/** The transaction may be begun again from its first statement; nothing of it has happened. */
const AGAIN = /^(40001|40P01|57P01|57P05|08...)$/;
/** Waiting helps, trying again at once does not: too many sessions, starting up, a lock, statement or transaction that took too long. */
const LATER = /^(53...|57P02|57P03|57014|55P03|25P03|25P04)$/;

/** True for an error the server gave as its answer to a statement: the session goes on. */
export const isAnswer = (error: unknown): error is ServerError => error instanceof ServerError;

/** A value-free account of an error of the driver; `otherwise` is the SQLSTATE for one that did not come from the server. */
export function toDatabaseError(error: unknown, otherwise: '08001' | '08006'): DatabaseError {
  if (!isAnswer(error) || !error.code) return new DatabaseError(otherwise, describe(error));
  const { code, message } = error;
  return new DatabaseError(code, SPEAKING.test(code) ? message : 'PostgreSQL refused the statement');
}

/** `connect ECONNREFUSED 127.0.0.1:5432`; Node.js joins one such line per address of a name in an AggregateError without a message. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(describe).join(', ');
  return error instanceof Error ? error.message : String(error);
}

/** What the rest of the house is to make of a failure: a rule that was broken, something to wait for, or a bug. */
export function meaningOf(failure: DatabaseError): Error {
  if (failure.code === '23P01') return new Overlap('another placement holds a part of this interval');
  if (failure.code === '23505') return new Duplicate('a row of this id exists already');
  if (!AGAIN.test(failure.code) && !LATER.test(failure.code)) return failure;
  return new Unavailable(`the database cannot do this now: ${failure.message}`, { cause: failure });
}

/** True when the same transaction, begun again at once, may well succeed. */
export const worthAnotherTry = (error: unknown): boolean =>
  error instanceof Unavailable && error.cause instanceof DatabaseError && AGAIN.test(error.cause.code);
