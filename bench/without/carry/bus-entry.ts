import type * as real from '../../../telemetry/carry/bus-entry.ts';

export const carryInEntry: typeof real.carryInEntry = (detail) => ({ detail, traceHeader: undefined });
