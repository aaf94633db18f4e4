import { AsyncLocalStorage } from 'node:async_hooks';
import { v7 } from 'uuid';

const current = new AsyncLocalStorage<string | undefined>();

/** What a correlation id may be: safe in a header, an attribute and a log line. */
const CORRELATION_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Reads a caller's correlation id; `undefined` for anything but 1 to 64 characters from `A–Z a–z 0–9 _ -`. */
export const parseCorrelationId = (value: unknown): string | undefined =>
  typeof value === 'string' && CORRELATION_ID.test(value) ? value : undefined;

/** Makes a correlation id for a caller who brought none: a UUIDv7, so that ids sort by time. */
export const newCorrelationId = (): string => v7();

/** Runs work, and all that it starts, under a correlation id. Kept apart from the trace: it is stored with the data, so it also works when telemetry is off. */
export const withCorrelation = <T>(id: string | undefined, work: () => T): T => current.run(id, work);

/** The correlation id the current code runs under. */
export const correlationId = (): string | undefined => current.getStore();
