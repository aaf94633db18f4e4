import { redact } from '../safe/redact.ts';
import { publicAddress, publicText } from '../safe/url.ts';
import type { Environment } from './variables.ts';
import { note, readNumber, said, warn } from './variables.ts';

/** A name that is not the standard's, and what it means. */
interface Alias {
  name: string;
  /** The standard's variables for the same; where one of them is set, the alias says nothing. */
  standard: readonly string[];
  /** An attribute of `OTEL_RESOURCE_ATTRIBUTES`, for those that are one. */
  attribute?: string;
  /** Its value is an address, which is told without its secrets. */
  isAddress?: true;
  /** The standard's variables with the alias' meaning; `undefined` after a warning about its value. */
  translate(value: string, env: Environment): Environment | undefined;
}

const attribute = (name: string, key: string): Alias => ({
  name,
  standard: ['OTEL_RESOURCE_ATTRIBUTES'],
  attribute: key,
  translate: (value, env) => {
    const others = said(env, 'OTEL_RESOURCE_ATTRIBUTES');
    const pair = `${key}=${encodeURIComponent(value.toWellFormed())}`;
    return { OTEL_RESOURCE_ATTRIBUTES: others ? `${others},${pair}` : pair };
  },
});

const OTLP_ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const;

/** An address of the backend that is named, which for most is OTLP's. */
function endpointOf(value: string, env: Environment): Environment {
  const backend = said(env, 'OTEL_TRACES_EXPORTER')?.toLowerCase();
  if (backend === 'zipkin') return { OTEL_EXPORTER_ZIPKIN_ENDPOINT: value };
  if (backend === 'coralogix') return { CX_ENDPOINT: value };
  return /\/v1\/traces\/?$/.test(value) ? { [OTLP_ENDPOINTS[1]]: value } : { [OTLP_ENDPOINTS[0]]: value };
}

/** In the order they are read: which variable an address is meant for depends on the backend. */
const aliases: Alias[] = [
  {
    name: 'OTEL_ENABLED',
    standard: ['OTEL_SDK_DISABLED'],
    translate: (value) => {
      if (/^(?:true|false)$/i.test(value)) return { OTEL_SDK_DISABLED: String(value.toLowerCase() === 'false') };
      warn('OTEL_ENABLED', 'must be true or false', 'it is ignored', { counts: false });
      return undefined;
    },
  },
  { name: 'OTEL_BACKEND', standard: ['OTEL_TRACES_EXPORTER'], translate: (value) => ({ OTEL_TRACES_EXPORTER: value }) },
  {
    name: 'OTEL_EXPORTER_ENDPOINT',
    standard: [...OTLP_ENDPOINTS, 'OTEL_EXPORTER_ZIPKIN_ENDPOINT', 'OTEL_EXPORTER_JAEGER_ENDPOINT', 'CX_ENDPOINT'],
    isAddress: true,
    translate: endpointOf,
  },
  {
    name: 'OTLP_ENDPOINT',
    standard: OTLP_ENDPOINTS,
    isAddress: true,
    translate: (value) => endpointOf(value, {}),
  },
  {
    name: 'OTEL_SAMPLING_RATE',
    standard: ['OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'],
    translate: (_value, env) => {
      const rate = readNumber(env, 'OTEL_SAMPLING_RATE', [0, 1]);
      if (rate === undefined) return undefined;
      return { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: String(rate) };
    },
  },
  { name: 'SERVICE_NAME', standard: ['OTEL_SERVICE_NAME'], translate: (value) => ({ OTEL_SERVICE_NAME: value }) },
  attribute('OTEL_SERVICE_VERSION', 'service.version'),
  attribute('SERVICE_VERSION', 'service.version'),
  attribute('ENVIRONMENT', 'deployment.environment.name'),
  {
    name: 'OTEL_PYTHON_FASTAPI_EXCLUDED_URLS',
    standard: ['TRACE_EXCLUDED_URLS'],
    translate: (value) => ({ TRACE_EXCLUDED_URLS: value }),
  },
];

/**
 * The environment with every alias put into the standard's words, one line of the log each. Where both are said the
 * standard's counts.
 */
export function resolveAliases(given: Environment): Environment {
  const env = { ...given };
  for (const alias of aliases) {
    const value = said(given, alias.name);
    if (value !== undefined) Object.assign(env, read(alias, value, env));
  }
  return env;
}

function read(alias: Alias, value: string, env: Environment): Environment | undefined {
  const taken = takenBy(alias, env);
  if (taken) {
    note(alias.name, `is ignored: ${taken} is the standard's name for it, and is set`);
    return undefined;
  }
  const translated = alias.translate(value, env);
  if (!translated) return undefined;
  const words = alias.attribute ? { OTEL_RESOURCE_ATTRIBUTES: `${alias.attribute}=${value}` } : translated;
  const show = alias.isAddress ? publicAddress : publicText;
  const written = Object.entries(words).map(([name, meant]) => `${name}=${redact(show(meant ?? ''), 100)}`);
  note(alias.name, `is an alias, read as ${written.join(' and ')}`, { aliasOf: Object.keys(translated) });
  return translated;
}

function takenBy(alias: Alias, env: Environment): string | undefined {
  if (!alias.attribute) return alias.standard.find((name) => said(env, name));
  const keys = (said(env, 'OTEL_RESOURCE_ATTRIBUTES') ?? '').split(',').map((pair) => pair.split('=', 1)[0]?.trim());
  return keys.includes(alias.attribute) ? `${alias.attribute} in OTEL_RESOURCE_ATTRIBUTES` : undefined;
}

/** Every alias there is. */
export const ALIASES: readonly string[] = aliases.map(({ name }) => name);

/** True when the environment says, in whatever words, where traces are to go. */
export const namesBackend = (env: Environment): boolean =>
  ['OTEL_TRACES_EXPORTER', 'OTEL_BACKEND', ...OTLP_ENDPOINTS, 'OTEL_EXPORTER_ENDPOINT', 'OTLP_ENDPOINT'].some((name) =>
    said(env, name),
  );
