import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/** Where a benchmark finds what sends the spans that wait, whichever SDK made them. */
const FLUSH = Symbol.for('nedlia.bench.flush');

/**
 * The SDK as its documentation sets it up: batches, OTLP as protobuf, W3C. `OTEL_TRACES_EXPORTER=none` leaves the exporter out, as it
 * does in ours.
 * @see https://opentelemetry.io/docs/languages/js/getting-started/nodejs/
 */
export function startProvider(): NodeTracerProvider {
  const service = resourceFromAttributes({ 'service.name': process.env['OTEL_SERVICE_NAME'] ?? 'stock' });
  const provider = new NodeTracerProvider({
    resource: detectResources({ detectors: [envDetector] }).merge(service),
    spanProcessors:
      process.env['OTEL_TRACES_EXPORTER'] === 'none' ? [] : [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  Object.assign(globalThis, { [FLUSH]: () => provider.forceFlush() });
  return provider;
}
