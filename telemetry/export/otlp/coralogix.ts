import type { Environment } from '../../settings/variables.ts';
import type { Attributes } from '../../span.ts';
import type { ExporterFactory } from '../exporters.ts';
import { otlpPostExporter } from './otlp-post.ts';

/** Coralogix refuses requests over 10 MB and advises 2 MB at most. */
const MOST = { bytes: 2_000_000, spans: 10_000 };

/**
 * Sends OTLP to Coralogix itself, without a Collector between: to the region of `CX_DOMAIN` (`eu2`, `eu2.coralogix.com`) or to
 * `CX_ENDPOINT`, with `CX_TOKEN`. OTLP's own variables, headers above all, are another backend's and not read.
 * @see https://coralogix.com/docs/opentelemetry/
 */
export const coralogixExporter: ExporterFactory = (options, env) => {
  const url = readUrl(env);
  const token = env['CX_TOKEN']?.trim();
  if (!token) throw new Error('CX_TOKEN is not set');
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error('CX_TOKEN is not a token');
  const headersFor = async () => ({ authorization: `Bearer ${token}` });
  return otlpPostExporter({ url, most: MOST, headersFor }, options, env);
};

function readUrl(env: Environment): URL {
  const endpoint = env['CX_ENDPOINT']?.trim();
  const domain = env['CX_DOMAIN']?.trim().toLowerCase();
  if (endpoint) {
    const url = URL.parse(endpoint);
    if (!url || !/^https?:$/.test(url.protocol)) throw new Error('CX_ENDPOINT must be an http or https URL');
    if (url.pathname === '/') url.pathname = '/v1/traces';
    return url;
  }
  if (!domain) throw new Error('neither CX_DOMAIN nor CX_ENDPOINT is set');
  if (!/^[a-z\d-]+(?:\.[a-z\d-]+)*$/.test(domain))
    throw new Error('CX_DOMAIN must be a region (eu2) or a domain (eu2.coralogix.com)');
  return new URL(`https://ingress.${domain.includes('.') ? domain : `${domain}.coralogix.com`}/v1/traces`);
}

/**
 * How Coralogix files what a service sends: application and subsystem, of `CX_APPLICATION_NAME` and `CX_SUBSYSTEM_NAME`. Where
 * Coralogix is a target and they are not set, the service's namespace and its name; elsewhere nothing.
 */
export function coralogixNames(env: Environment, about: Attributes, isTarget: boolean): Attributes {
  const fallback = (value: Attributes[string]) => (isTarget ? value : undefined);
  return {
    'cx.application.name': env['CX_APPLICATION_NAME']?.trim() || fallback(about['service.namespace']),
    'cx.subsystem.name': env['CX_SUBSYSTEM_NAME']?.trim() || fallback(about['service.name']),
  };
}
