import type { Environment } from '../../settings/variables.ts';
import { readInteger, warn } from '../../settings/variables.ts';
import { fromOldJaeger } from './jaeger.ts';

/** What of OTLP's variables we read ourselves. */
export interface OtlpSettings {
  /** Milliseconds one export may take: what the environment says, at most what the mode allows. */
  timeoutMillis: number;
  /** What the exporters are to read: without what was wrong here and what we have decided, so that none warns of it again. */
  rest: Environment;
}

const FOR_TRACES = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const FOR_ALL = 'OTEL_EXPORTER_OTLP_ENDPOINT';

/**
 * Reads where OTLP goes and how long it may take. A wrong address is one warning, and the standard's default is used.
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options
 */
export function readOtlp(env: Environment, most: number): OtlpSettings {
  const rest = { ...env };
  const grpc = wantsGrpc(env);
  for (const variable of [FOR_TRACES, FOR_ALL]) {
    const said = rest[variable]?.trim();
    if (!said) continue;
    const base = fromOldJaeger(variable, said, grpc ? 4317 : 4318);
    if (base) rest[variable] = variable === FOR_TRACES && !grpc ? `${base}/v1/traces` : base;
    else if (grpc && HOST_AND_PORT.test(said)) rest[variable] = `${wantsTls(env) ? 'https' : 'http'}://${said}`;
    else if (isHttp(said)) warnOfGrpcPort(variable, said, grpc);
    else {
      warn(variable, 'must be an http or https URL', `using the default, http://localhost:${grpc ? 4317 : 4318}`, {
        counts: false,
      });
      delete rest[variable];
    }
  }
  const timeouts = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'].map((variable) => {
    delete rest[variable];
    return readInteger(env, variable, [1, 600_000]);
  });
  return {
    timeoutMillis: Math.min(most, timeouts.find((timeout) => timeout !== undefined) ?? most),
    rest,
  };
}

/** Where traces go over HTTP: the address for traces as it stands, else `/v1/traces` below the one for all signals. */
export function otlpUrl(env: Environment): URL | undefined {
  const exact = env[FOR_TRACES]?.trim();
  if (exact) return URL.parse(exact) ?? undefined;
  const base = env[FOR_ALL]?.trim();
  return base ? (URL.parse('v1/traces', base.endsWith('/') ? base : `${base}/`) ?? undefined) : undefined;
}

/** Where traces go over gRPC: host and port alone count. */
export const otlpGrpcUrl = (env: Environment): string =>
  env[FOR_TRACES]?.trim() || env[FOR_ALL]?.trim() || 'http://localhost:4317';

/** The variable that says the protocol: the one for traces where it is set. */
export const protocolVariable = (env: Environment): string =>
  env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL']?.trim()
    ? 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'
    : 'OTEL_EXPORTER_OTLP_PROTOCOL';

const wantsGrpc = (env: Environment): boolean => env[protocolVariable(env)]?.trim().toLowerCase() === 'grpc';

/** gRPC's own form of an address, for which a variable of its own says whether it is spoken without TLS. */
const HOST_AND_PORT = /^[\w.-]+:\d+$/;
const wantsTls = (env: Environment): boolean =>
  (env['OTEL_EXPORTER_OTLP_TRACES_INSECURE'] || env['OTEL_EXPORTER_OTLP_INSECURE'])?.trim().toLowerCase() !== 'true';

const isHttp = (said: string): boolean => /^https?:$/.test(URL.parse(said)?.protocol ?? '');

function warnOfGrpcPort(variable: string, said: string, grpc: boolean): void {
  if (grpc || URL.parse(said)?.port !== '4317') return;
  warn(
    variable,
    'names port 4317, where gRPC is spoken by convention',
    'sending HTTP there: set OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or port 4318',
  );
}
