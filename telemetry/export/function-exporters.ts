import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { ConsoleSpanExporter } from '@opentelemetry/sdk-trace-node';
import type { ExporterFactories } from './exporters.ts';
import { xrayExporter } from './xray.ts';

/** What a function's bundle carries: OTLP as protobuf, the X-Ray daemon, and the console. Every other exporter is "not in this bundle". */
export const functionExporters: ExporterFactories = {
  'otlp:http/protobuf': ({ timeoutMillis, keepAlive }) =>
    // The stock agent is kept where it can be: replacing it also loses the certificates named by the environment.
    new OTLPTraceExporter({ timeoutMillis, ...(keepAlive ? {} : { httpAgentOptions: { keepAlive } }) }),
  xray: (_options, env) => xrayExporter(env),
  console: () => new ConsoleSpanExporter(),
};
