import type { Environment } from '../../settings/variables.ts';
import type { ExporterFactory, ExporterOptions, TraceExporter } from '../exporters.ts';
import { DEFAULT_OTLP } from '../target.ts';
import type { CredentialChain } from '../xray/endpoint.ts';
import { xrayEndpointExporter, xrayRegion } from '../xray/endpoint.ts';
import { readCertificates } from './certificates.ts';
import { readHeaders } from './headers.ts';
import { otlpPostExporter } from './otlp-post.ts';
import { otlpUrl } from './otlp.ts';

/** What the Collector takes in one request, 20 MiB, less than that. */
const MOST = { bytes: 16 * 1024 * 1024, spans: Infinity };

/** OTLP as protobuf over HTTP, by the standard's variables; signed when the address is X-Ray's. */
export const otlpOverHttp =
  (credentialsOf: (env: Environment) => CredentialChain): ExporterFactory =>
  (options, env) => {
    const url = ownUrl(env);
    const region = xrayRegion(url);
    if (!region) return plainOtlp(options, env);
    url.pathname = '/v1/traces'; // Also where the whole address was given as that of all signals.
    return xrayEndpointExporter({ url, region, credentials: credentialsOf(env) }, options, env);
  };

/** The same whoever has the address, with the headers and certificates that OTLP's own variables say. */
export function plainOtlp(options: ExporterOptions, env: Environment): TraceExporter {
  const url = ownUrl(env);
  const headers = readHeaders(env);
  const certificates = url.protocol === 'https:' ? readCertificates(env) : {};
  return otlpPostExporter({ url, most: MOST, certificates, headersFor: async () => headers }, options, env);
}

/** OTLP to an address that another variable names. What OTLP's own say of headers and certificates is for another backend, and may be its key. */
export const bareOtlp = (options: ExporterOptions, env: Environment, url: URL): TraceExporter =>
  otlpPostExporter({ url, most: MOST, headersFor: async () => ({}) }, options, env);

const ownUrl = (env: Environment): URL => otlpUrl(env) ?? new URL(DEFAULT_OTLP);
