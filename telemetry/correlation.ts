import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { name, own } from './attributes.ts';

/** Whose work it is: said once where it enters, and found on every span, log line and message that comes of it. */
export interface Correlation {
  /** 1 to 64 characters from `A–Z a–z 0–9 _ -`. */
  correlationId?: string | undefined;
  /** An opaque id of the same characters: no address, no name, because personal data never reaches a span. */
  userId?: string | undefined;
  /** What is being done, in a word of low cardinality: the same characters and dots. */
  operation?: string | undefined;
}

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const OPERATION = /^[A-Za-z0-9_.-]{1,64}$/;
const NOBODY: Correlation = Object.freeze({});

const current = new AsyncLocalStorage<Correlation>();

/** Reads a caller's correlation id; `undefined` for anything but 1 to 64 characters from `A–Z a–z 0–9 _ -`. */
export const parseCorrelationId = (value: unknown): string | undefined =>
  typeof value === 'string' && ID.test(value) ? value : undefined;

/** Reads what may have come from anywhere; a value that is none is left out, never an error. */
export function parseCorrelation(said: { readonly [Key in keyof Correlation]?: unknown }): Correlation {
  const correlationId = parseCorrelationId(said.correlationId);
  const userId = parseCorrelationId(said.userId);
  const operation = typeof said.operation === 'string' && OPERATION.test(said.operation) ? said.operation : undefined;
  return { ...(correlationId && { correlationId }), ...(userId && { userId }), ...(operation && { operation }) };
}

/** Makes a correlation id for a caller who brought none. A UUID of version 4: 0.2 µs where one of version 7 takes 1.7. */
export const newCorrelationId = (): string => randomUUID();

/**
 * Runs work, and all that it starts, under a correlation; what it does not say is inherited from the one around it, and a
 * value that is none is dropped. Kept apart from the trace: it is stored with the data, so it also works when telemetry is off.
 * @example withCorrelation({ operation: 'invoices.import', userId: 'u-7' }, () => importInvoices());
 */
export const withCorrelation = <T>(said: Correlation, work: () => T): T =>
  current.run({ ...current.getStore(), ...parseCorrelation(said) }, work);

/** The same of what has been read already, with nothing inherited: what a request or message brings begins anew, whatever code received it. */
export const beginCorrelation = <T>(read: Correlation, work: () => T): T => current.run(read, work);

/** The correlation the current code runs under; empty where there is none. */
export const correlation = (): Correlation => current.getStore() ?? NOBODY;

/** The correlation id the current code runs under. */
export const correlationId = (): string | undefined => current.getStore()?.correlationId;

/** A correlation as a span says it. */
export const correlationAttributes = ({ correlationId, userId, operation }: Correlation): Record<string, string> => ({
  ...(correlationId && { [own.correlationId]: correlationId }),
  ...(userId && { [name.userId]: userId }),
  ...(operation && { [own.operation]: operation }),
});

/** A correlation as a log line and a baggage say it. */
export const correlationFields = ({ correlationId, userId, operation }: Correlation): Record<string, string> => ({
  ...(correlationId && { correlation_id: correlationId }),
  ...(userId && { user_id: userId }),
  ...(operation && { operation }),
});
