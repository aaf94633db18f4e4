import type * as real from '../../../telemetry/edges/sql.ts';

export const traceStatement: typeof real.traceStatement = ({ text }, send) => send(text);
