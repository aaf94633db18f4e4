import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { ExporterFactory, ExporterOptions, TraceExporter } from '../exporters.ts';
import { DEFAULT_OTLP, withTarget } from '../target.ts';
import { otlpUrl } from './otlp.ts';
import type { Environment } from '../../settings/variables.ts';
import type { CredentialChain } from '../xray/endpoint.ts';
import { xrayEndpointExporter, xrayRegion } from '../xray/endpoint.ts';

/** OTLP as protobuf over HTTP, by the standard's variables; signed when the address is X-Ray's. */
export const otlpOverHttp =
  (credentialsOf: (env: Environment) => CredentialChain): ExporterFactory =>
  (options, env) => {
    const url = otlpUrl(env);
    const region = xrayRegion(url);
    if (!url || !region) return stockOtlp(options, undefined, url);
    url.pathname = '/v1/traces'; // Also where the whole address was given as that of all signals.
    return xrayEndpointExporter({ url, region, credentials: credentialsOf(env) }, options, env);
  };

/** The stock exporter, to an address of its own or to the one it reads from the environment (`read`). */
export const stockOtlp = ({ timeoutMillis, keepAlive }: ExporterOptions, url?: string, read?: URL): TraceExporter =>
  // The stock agent is kept where it can be: replacing it also loses the certificates named by the environment.
  withTarget(
    new OTLPTraceExporter({
      timeoutMillis,
      ...(url && { url }),
      ...(keepAlive ? {} : { httpAgentOptions: { keepAlive } }),
    }),
    url ?? read ?? DEFAULT_OTLP,
  );
