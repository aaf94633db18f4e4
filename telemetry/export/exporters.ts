import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import { describe } from '../failure.ts';
import type { Environment } from '../variables.ts';
import { readName, readNames, warn } from '../variables.ts';

/** What an exporter is made with. */
export interface ExporterOptions {
  /** For one export, all of its attempts together. */
  timeoutMillis: number;
  /** False in a function: it is frozen between two exports, and the socket it kept is dead when it thaws. */
  keepAlive: boolean;
}

/** What a factory makes. One that accepts a batch may still have had to leave out spans of it, and counts them since its start. */
export interface TraceExporter extends SpanExporter {
  dropped?(): number;
}

/** Makes an exporter. What it reads of the environment is `env`; the stock ones read `process.env`, which is the same then. */
export type ExporterFactory = (options: ExporterOptions, env: Environment) => TraceExporter;

/**
 * The exporters a program carries, by the names `OTEL_TRACES_EXPORTER` gives them; OTLP by its protocol as well
 * (`otlp:http/protobuf`). Handing them in keeps every other exporter out of the bundle.
 */
export type ExporterFactories = Readonly<Record<string, ExporterFactory>>;

export interface NamedExporter {
  name: string;
  exporter: TraceExporter;
}

const STANDARD_NAMES = ['otlp', 'zipkin', 'jaeger', 'prometheus', 'logging'];
const STANDARD_PROTOCOLS = ['grpc', 'http/protobuf', 'http/json'];

/**
 * The exporters `OTEL_TRACES_EXPORTER` names: a list, `otlp` unless set, `none` for nothing. A name that is unknown or
 * not in the bundle, and an exporter that cannot be made, is one warning.
 */
export function readExporters(
  env: Environment,
  factories: ExporterFactories,
  options: ExporterOptions,
): NamedExporter[] {
  const here = [...new Set(Object.keys(factories).map((key) => key.split(':')[0] ?? key)), 'none'];
  const elsewhere = [...STANDARD_NAMES, 'console'].filter((name) => !here.includes(name));
  const names = readNames(env, 'OTEL_TRACES_EXPORTER', {
    here,
    elsewhere,
    otherwise: here.includes('otlp') ? 'otlp' : 'none',
  });
  return names.flatMap((name) => {
    const create = factories[name === 'otlp' ? `otlp:${readProtocol(env, factories)}` : name];
    try {
      return create ? [{ name, exporter: create(options, env) }] : [];
    } catch (thrown) {
      warn('OTEL_TRACES_EXPORTER', `cannot make the exporter ${name} (${describe(thrown).message})`, 'it is left out');
      return [];
    }
  });
}

function readProtocol(env: Environment, factories: ExporterFactories): string {
  const own = 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL';
  const variable = env[own]?.trim() ? own : 'OTEL_EXPORTER_OTLP_PROTOCOL';
  const here = STANDARD_PROTOCOLS.filter((protocol) => `otlp:${protocol}` in factories);
  const elsewhere = STANDARD_PROTOCOLS.filter((protocol) => !here.includes(protocol));
  return readName(env, variable, { here, elsewhere, otherwise: here[0] ?? 'http/protobuf' });
}
