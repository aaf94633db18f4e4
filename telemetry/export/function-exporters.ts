import { consoleExporter } from './console/console.ts';
import { coralogixExporter } from './otlp/coralogix.ts';
import { functionCredentials } from './xray/function-credentials.ts';
import type { ExporterFactories } from './exporters.ts';
import { readJaegerUrl } from './otlp/jaeger.ts';
import { bareOtlp, otlpOverHttp, plainOtlp } from './otlp/http.ts';
import { xrayExporter } from './xray/xray.ts';

/** What a function's bundle carries: OTLP as protobuf under its names, the X-Ray daemon, and the console. Every other exporter is "not in this bundle". */
export const functionExporters: ExporterFactories = {
  'otlp:http/protobuf': otlpOverHttp(functionCredentials),
  xray: (_options, env) => xrayExporter(env),
  console: (_options, env) => consoleExporter(env),
  jaeger: (options, env) => {
    const url = readJaegerUrl(env);
    return url ? bareOtlp(options, env, url) : plainOtlp(options, env);
  },
  coralogix: coralogixExporter,
};
