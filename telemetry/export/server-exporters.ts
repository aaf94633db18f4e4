import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ExporterFactories } from './exporters.ts';
import { functionExporters } from './function-exporters.ts';

/** What a program that is not bundled carries: beside the functions' exporters, OTLP as JSON. */
export const serverExporters: ExporterFactories = {
  ...functionExporters,
  'otlp:http/json': ({ timeoutMillis, keepAlive }) =>
    new OTLPTraceExporter({ timeoutMillis, ...(keepAlive ? {} : { httpAgentOptions: { keepAlive } }) }),
};
