import type { Environment } from '../settings/variables.ts';
import { readInteger } from '../settings/variables.ts';

/** Milliseconds work waits for an export: an invocation at its end, whoever flushes, and so one export in a function. */
export const WORK_WAITS_MS = 500;

/** Milliseconds one export may take where nobody waits; short enough not to hold a process that wants to end. */
export const NOBODY_WAITS_MS = 2000;

/** How many spans may wait for an exporter, and for how long. */
export interface QueueLimits {
  /** Spans that may wait; more are dropped and counted. */
  most: number;
  /** Milliseconds until waiting spans are exported without being asked; `undefined` waits for `flush`. */
  everyMs: number | undefined;
}

/** Reads the batch processor's variables, as far as they mean something here: a function exports when it is told to flush. */
export function readQueueLimits(env: Environment, isFunction: boolean): QueueLimits {
  const most = readInteger(env, 'OTEL_BSP_MAX_QUEUE_SIZE', [1, 100_000]) ?? 2048;
  if (isFunction) return { most, everyMs: undefined };
  return { most, everyMs: readInteger(env, 'OTEL_BSP_SCHEDULE_DELAY', [1, 60_000]) ?? 1000 };
}
