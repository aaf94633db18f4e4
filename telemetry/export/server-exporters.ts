import { OTLPTraceExporter as OtlpByGrpc } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as OtlpAsJson } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultCredentials } from './xray/default-credentials.ts';
import type { ExporterFactories } from './exporters.ts';
import { functionExporters } from './function-exporters.ts';
import { otlpOverHttp } from './otlp/http.ts';
import { otlpGrpcUrl, otlpUrl } from './otlp/otlp.ts';
import { DEFAULT_OTLP, withTarget } from './target.ts';
import { zipkinExporter } from './zipkin/zipkin.ts';

/** What a program that is not bundled carries: beside the functions' exporters OTLP as JSON and by gRPC, and Zipkin; credentials from the whole of AWS's chain. */
export const serverExporters: ExporterFactories = {
  ...functionExporters,
  'otlp:http/protobuf': otlpOverHttp(defaultCredentials),
  'otlp:http/json': ({ timeoutMillis, keepAlive }, env) =>
    withTarget(
      new OtlpAsJson({ timeoutMillis, ...(keepAlive ? {} : { httpAgentOptions: { keepAlive } }) }),
      otlpUrl(env) ?? DEFAULT_OTLP,
    ),
  'otlp:grpc': ({ timeoutMillis }, env) => withTarget(new OtlpByGrpc({ timeoutMillis }), otlpGrpcUrl(env)),
  zipkin: zipkinExporter,
};
