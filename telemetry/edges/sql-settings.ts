import type { Environment } from '../settings/variables.ts';
import { readNames, readNumber } from '../settings/variables.ts';

/** What is said of statements, as the environment wants it. */
export interface SqlSettings {
  /** Milliseconds from which a statement says on its span that it was slow. */
  slowMs: number;
  /** Milliseconds from which waiting for a session is an event. */
  poolWaitMs: number;
  /** The names before the stable ones are written beside them. */
  olderNames: boolean;
}

const DEFAULTS: SqlSettings = { slowMs: 100, poolWaitMs: 100, olderNames: false };

/** As of now; every statement asks. */
export const sqlSettings: SqlSettings = { ...DEFAULTS };

/** We write the stable names only, so `http` and `database` are what is done anyway. */
const OPT_IN = {
  here: ['database', 'database/dup', 'http'],
  elsewhere: ['http/dup', 'messaging', 'messaging/dup', 'rpc', 'rpc/dup', 'code', 'code/dup'],
  otherwise: 'database',
};

/**
 * Reads `TRACE_SLOW_QUERY_MS`, `TRACE_POOL_WAIT_MS` and, of `OTEL_SEMCONV_STABILITY_OPT_IN`, whether the older names are
 * wanted beside the stable ones: `database/dup`.
 * @see https://opentelemetry.io/docs/specs/semconv/database/
 */
export function configureSql(env: Environment): void {
  sqlSettings.slowMs = readNumber(env, 'TRACE_SLOW_QUERY_MS', [1, 600_000]) ?? DEFAULTS.slowMs;
  sqlSettings.poolWaitMs = readNumber(env, 'TRACE_POOL_WAIT_MS', [1, 600_000]) ?? DEFAULTS.poolWaitMs;
  sqlSettings.olderNames = readNames(env, 'OTEL_SEMCONV_STABILITY_OPT_IN', OPT_IN).includes('database/dup');
}
