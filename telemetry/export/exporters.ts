import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { describe } from '../safe/failure.ts';
import type { Environment } from '../settings/variables.ts';
import { readName, readNames, warn } from '../settings/variables.ts';
import type { Deadline } from './deadline.ts';
import { otlpUrl, protocolVariable } from './otlp/otlp.ts';
import { xrayRegion } from './xray/endpoint.ts';

/** What an exporter is made with. */
export interface ExporterOptions {
  /** For one export, all of its attempts together. */
  timeoutMillis: number;
  /** False in a function: it is frozen between two exports, and the socket it kept is dead when it thaws. */
  keepAlive: boolean;
}

type Done = Parameters<SpanExporter['export']>[1];

/** What a factory makes. */
export interface TraceExporter extends Omit<SpanExporter, 'export'> {
  /** Nothing of it goes on after the deadline, as far as that can be stopped; the stock exporters have time-outs of their own. */
  export(spans: ReadableSpan[], done: Done, deadline: Deadline): void;
  /** Spans it had to leave out of batches it accepted, since its start. */
  dropped?(): number;
  /** Where it sends, for people: without credentials and query. */
  target?: string;
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
  /** Of OTLP: the form it sends, which is not always the one that was asked for. */
  protocol?: string;
  exporter: TraceExporter;
}

/** Every name there is; a program that does not carry one says so. */
const NAMES = ['otlp', 'xray', 'console', 'zipkin', 'jaeger', 'coralogix', 'logging', 'prometheus'];
const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'];

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
  const elsewhere = NAMES.filter((name) => !here.includes(name));
  const names = readNames(env, 'OTEL_TRACES_EXPORTER', {
    here,
    elsewhere,
    otherwise: here.includes('otlp') ? 'otlp' : 'none',
  });
  return names.flatMap((name) => {
    const protocol = name === 'otlp' && { protocol: readProtocol(env, factories) };
    const create = factories[protocol ? `${name}:${protocol.protocol}` : name];
    try {
      return create ? [{ name, ...protocol, exporter: create(options, env) }] : [];
    } catch (thrown) {
      warn('OTEL_TRACES_EXPORTER', `cannot make the exporter ${name} (${describe(thrown).message})`, 'it is left out');
      return [];
    }
  });
}

function readProtocol(env: Environment, factories: ExporterFactories): string {
  const here = PROTOCOLS.filter((protocol) => `otlp:${protocol}` in factories);
  const elsewhere = PROTOCOLS.filter((protocol) => !here.includes(protocol));
  const protocol = readName(env, protocolVariable(env), { here, elsewhere, otherwise: here[0] ?? 'http/protobuf' });
  if (protocol === 'http/protobuf' || !xrayRegion(otlpUrl(env))) return protocol;
  warn(protocolVariable(env), `"${protocol}" is not what is signed for X-Ray's endpoint`, 'using http/protobuf', {
    counts: false,
  });
  return 'http/protobuf';
}
