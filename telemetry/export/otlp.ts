import type { Environment } from '../variables.ts';
import { readNumber, warn } from '../variables.ts';

/** What of OTLP's variables we read ourselves. */
export interface OtlpSettings {
  /** Milliseconds one export may take: what the environment says, at most what the mode allows. */
  timeoutMillis: number;
  isHttps: boolean;
  /** What the stock exporter is to read: without what was wrong here and what we have decided, so that it warns of neither again. */
  rest: Environment;
}

/**
 * Reads where OTLP goes and how long it may take. A wrong address is one warning, and the standard's default is used.
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options
 */
export function readOtlp(env: Environment, most: number): OtlpSettings {
  const rest = { ...env };
  for (const variable of ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT']) {
    const said = rest[variable]?.trim();
    if (!said || /^https?:$/.test(URL.parse(said)?.protocol ?? '')) continue;
    warn(variable, 'must be an http or https URL', 'using the default, http://localhost:4318');
    delete rest[variable];
  }
  const timeouts = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'].map((variable) => {
    delete rest[variable];
    return readNumber(env, variable, [1, 600_000]);
  });
  const endpoint = rest['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']?.trim() || rest['OTEL_EXPORTER_OTLP_ENDPOINT']?.trim();
  return {
    timeoutMillis: Math.min(most, timeouts.find((timeout) => timeout !== undefined) ?? most),
    isHttps: endpoint?.startsWith('https:') ?? false,
    rest,
  };
}
