import { consoleExporter } from './console.ts';
import { coralogixExporter } from './coralogix.ts';
import { functionCredentials } from './credentials.ts';
import type { ExporterFactories } from './exporters.ts';
import { readJaegerUrl } from './jaeger.ts';
import { otlpOverHttp, stockOtlp } from './otlp-http.ts';
import { xrayExporter } from './xray.ts';

/** What a function's bundle carries: OTLP as protobuf under its names, the X-Ray daemon, and the console. Every other exporter is "not in this bundle". */
export const functionExporters: ExporterFactories = {
  'otlp:http/protobuf': otlpOverHttp(functionCredentials),
  xray: (_options, env) => xrayExporter(env),
  console: (_options, env) => consoleExporter(env),
  jaeger: (options, env) => stockOtlp(options, readJaegerUrl(env)),
  coralogix: coralogixExporter,
};
