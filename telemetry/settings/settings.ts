import type { SamplingRule } from '../sampling/rules.ts';
import type { Attributes } from '../span.ts';
import type { Environment } from './variables.ts';
import { said } from './variables.ts';

/**
 * The configuration a program brings itself, in the environment's words. The environment is asked first: whoever operates a
 * program can change what it says of itself. Values are checked as those of the variables are, and named so in warnings.
 */
export interface Settings {
  /** `OTEL_SDK_DISABLED`, the other way round. */
  enabled?: boolean;
  /** `OTEL_TRACES_EXPORTER`: one name or several. */
  backend?: string | string[];
  /** `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` when it ends in `/v1/traces`, else `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  endpoint?: string;
  /** `OTEL_EXPORTER_OTLP_PROTOCOL`. */
  protocol?: string;
  /** `OTEL_EXPORTER_OTLP_TIMEOUT`. */
  exportTimeoutMillis?: number;
  /** `OTEL_PROPAGATORS`. */
  propagators?: string[];
  /** `OTEL_TRACES_SAMPLER`. */
  sampler?: string;
  /** `OTEL_TRACES_SAMPLER_ARG`; with no sampler named, of `parentbased_traceidratio`. */
  samplingRate?: number;
  /** `TRACE_SAMPLING_RULES`. */
  samplingRules?: SamplingRule[];
  /** `TRACE_EXCLUDED_URLS`. */
  excludedUrls?: string[];
  /** `OTEL_SERVICE_NAME`, before the `service` of the start. */
  serviceName?: string;
  /** `service.version`. */
  serviceVersion?: string;
  /** `deployment.environment.name`. */
  environment?: string;
  /** `OTEL_RESOURCE_ATTRIBUTES`. */
  resourceAttributes?: Attributes;
}

/** Variables that are one matter: where the environment says one of them, the program says none. */
const TOGETHER = [
  ['OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
  ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'],
];

/** The environment, completed by what the program says where the environment is silent. */
export function complete(env: Environment, settings: Settings): Environment {
  const own = variablesOf(settings);
  const unsaid = Object.entries(own).filter(([name, value]) => {
    const together = TOGETHER.find((names) => names.includes(name)) ?? [name];
    return value !== undefined && !together.some((other) => said(env, other));
  });
  return { ...env, ...Object.fromEntries(unsaid) };
}

/** What the program says of itself, as attributes of the resource; the environment's attributes win over them. */
export const attributesOf = ({ resourceAttributes, serviceVersion, environment }: Settings): Attributes => ({
  ...resourceAttributes,
  ...(serviceVersion && { 'service.version': serviceVersion }),
  ...(environment && { 'deployment.environment.name': environment }),
});

function variablesOf(settings: Settings): Environment {
  const { enabled, backend, endpoint, exportTimeoutMillis, samplingRate } = settings;
  const ratioOnly = samplingRate === undefined ? undefined : 'parentbased_traceidratio';
  const forTraces = /\/v1\/traces\/?$/.test(endpoint ?? '');
  return {
    OTEL_SDK_DISABLED: enabled === undefined ? undefined : String(!enabled),
    OTEL_TRACES_EXPORTER: Array.isArray(backend) ? backend.join(',') : backend,
    [forTraces ? 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT' : 'OTEL_EXPORTER_OTLP_ENDPOINT']: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: settings.protocol,
    OTEL_EXPORTER_OTLP_TIMEOUT: exportTimeoutMillis?.toString(),
    OTEL_PROPAGATORS: settings.propagators?.join(','),
    OTEL_TRACES_SAMPLER: settings.sampler ?? ratioOnly,
    OTEL_TRACES_SAMPLER_ARG: samplingRate?.toString(),
    TRACE_EXCLUDED_URLS: settings.excludedUrls?.join(','),
  };
}
