import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';

/** So many ended spans, as an exporter is handed them; named `span 0` and on. */
export function endedSpans(count: number, attributes: Attributes = {}): ReadableSpan[] {
  const memory = new InMemorySpanExporter();
  const tracer = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] }).getTracer('test');
  for (let index = 0; index < count; index += 1) tracer.startSpan(`span ${index}`, { attributes }).end();
  return memory.getFinishedSpans();
}
