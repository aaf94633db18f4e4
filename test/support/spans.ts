import type { TestContext } from 'node:test';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace-node';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { openSpans } from '../../telemetry/open-spans.ts';

/** A span that ended, as plain data. */
export interface RecordedSpan {
  name: string;
  kind: keyof typeof SpanKind;
  traceId: string;
  spanId: string;
  parentId: string | undefined;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
  status: keyof typeof SpanStatusCode;
  /** From its start to its end. */
  ms: number;
  events: { name: string; attributes: Record<string, unknown> }[];
  resource: Record<string, unknown>;
}

/** Records every span that ends until the test is over; the list grows while it runs. */
export function recordSpans(
  t: Pick<TestContext, 'after'>,
  sampler?: Sampler,
): { all(): RecordedSpan[]; clear(): void } {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({
    spanProcessors: [openSpans, new SimpleSpanProcessor(exporter)],
    ...(sampler && { sampler }),
  });
  provider.register();
  t.after(() => {
    trace.disable();
    context.disable();
    propagation.disable();
  });
  return { all: () => exporter.getFinishedSpans().map(asData), clear: () => exporter.reset() };
}

const asData = (span: ReadableSpan): RecordedSpan => ({
  name: span.name,
  kind: SpanKind[span.kind] as keyof typeof SpanKind,
  traceId: span.spanContext().traceId,
  spanId: span.spanContext().spanId,
  parentId: span.parentSpanContext?.spanId,
  attributes: span.attributes,
  links: span.links.map(({ context: { traceId, spanId } }) => ({ traceId, spanId })),
  status: SpanStatusCode[span.status.code] as keyof typeof SpanStatusCode,
  ms: span.duration[0] * 1000 + span.duration[1] / 1e6,
  events: span.events.map(({ name, attributes = {} }) => ({ name, attributes })),
  resource: span.resource.attributes,
});

/** The only span of this name; throws when there is none or more than one. */
export function only(spans: RecordedSpan[], name: string): RecordedSpan {
  const [found, ...more] = spans.filter((span) => span.name === name);
  if (!found || more.length > 0) {
    throw new Error(
      `${found ? more.length + 1 : 0} spans "${name}" among ${spans.map((span) => span.name).join(', ')}`,
    );
  }
  return found;
}
