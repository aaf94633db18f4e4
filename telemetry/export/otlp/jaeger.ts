import { publicAddress } from '../../safe/url.ts';
import type { Environment } from '../../settings/variables.ts';
import { warn } from '../../settings/variables.ts';

/** `host:14268/api/traces` (Thrift by HTTP), `:14250` (gRPC of its own), `:6831` and `:6832` (Thrift by UDP), with or without a scheme. */
const OLD_FORM =
  /^(?:(https?|udp|grpc):\/\/)?(\[[\da-f:.]+\]|[\w.-]+)(?::(?:14268|14250|6831|6832)(?:\/.*)?|(?::\d+)?\/api\/traces\/?)$/i;

/**
 * Understands an address of the protocols Jaeger had before OTLP: one warning, and the same host's OTLP port in its
 * place. `undefined` for any other address.
 * @see https://www.jaegertracing.io/docs/2.dev/architecture/apis/
 */
export function fromOldJaeger(variable: string, said: string, port = 4318): string | undefined {
  const [, scheme, host] = OLD_FORM.exec(said) ?? [];
  if (!host) return undefined;
  const instead = `${scheme?.toLowerCase() === 'https' ? 'https' : 'http'}://${host}:${port}`;
  warn(
    variable,
    `"${publicAddress(said).slice(0, 100)}" is an address of Jaeger's old protocols`,
    `Jaeger takes OTLP, using ${instead} (OTEL_EXPORTER_OTLP_ENDPOINT)`,
  );
  return instead;
}

/**
 * Where the exporter named `jaeger` sends OTLP: what the variables of Jaeger's old exporter say, understood as above.
 * `undefined` when none is set: then OTLP's own variables count.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#jaeger-exporter
 */
export function readJaegerUrl(env: Environment): string | undefined {
  const endpoint = env['OTEL_EXPORTER_JAEGER_ENDPOINT']?.trim();
  const agent = env['OTEL_EXPORTER_JAEGER_AGENT_HOST']?.trim();
  const base = endpoint
    ? (fromOldJaeger('OTEL_EXPORTER_JAEGER_ENDPOINT', endpoint) ?? endpoint)
    : agent &&
      fromOldJaeger(
        'OTEL_EXPORTER_JAEGER_AGENT_HOST',
        `${agent}:${env['OTEL_EXPORTER_JAEGER_AGENT_PORT']?.trim() || 6831}`,
      );
  if (!base) return undefined;
  const url = URL.parse(base);
  if (!url || !/^https?:$/.test(url.protocol)) {
    warn('OTEL_EXPORTER_JAEGER_ENDPOINT', 'must be an http or https URL', "using OTLP's own variables", {
      counts: false,
    });
    return undefined;
  }
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return url.href;
}
