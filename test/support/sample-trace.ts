import assert from 'node:assert/strict';
import type { Span } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReceivedSpan } from '../../local/collector/otlp.ts';
import { startSpan } from '../../telemetry/tracer.ts';

/** Set this for the start whose spans are to be compared with the sample. */
export const SAMPLE_RESOURCE = { OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=nedlia,team=a%20b' };

export const sample = {
  linked: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true },
  attributes: { text: 'ä', whole: -7, half: 0.5, yes: true, list: ['a', 'b'], 'db.system.name': 'postgresql' },
};

/** Records a SERVER span and a failed CLIENT span below it, which say all that a span can say. */
export function recordSample(): { parent: Span; child: Span } {
  const parent = startSpan('parent', { kind: SpanKind.SERVER }, ROOT_CONTEXT);
  const options = {
    kind: SpanKind.CLIENT,
    attributes: sample.attributes,
    links: [{ context: sample.linked, attributes: { why: 'batch' } }],
  };
  const child = startSpan('child', options, trace.setSpan(ROOT_CONTEXT, parent));
  child.addEvent('moment', { at: 1 });
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
  child.end();
  parent.end();
  return { parent, child };
}

/** Asserts that an OTLP peer got the sample whole: ids, parent, kinds, attributes, link, event, status, resource. */
export function assertSample(received: ReceivedSpan[], { parent, child }: { parent: Span; child: Span }): void {
  const found = (name: string) => {
    const [span, ...more] = received.filter((span) => span.name === name);
    assert.ok(span && more.length === 0, `one span ${name} among ${received.map((span) => span.name).join(', ')}`);
    return span;
  };
  const [top, below] = [found('parent'), found('child')];
  assert.deepEqual(
    [top.traceId, top.spanId, top.parentSpanId, top.kind, top.service],
    [parent.spanContext().traceId, parent.spanContext().spanId, undefined, 'SERVER', 'things'],
  );
  assert.deepEqual(
    [below.traceId, below.spanId, below.parentSpanId, below.kind],
    [top.traceId, child.spanContext().spanId, top.spanId, 'CLIENT'],
  );
  for (const [key, value] of Object.entries(sample.attributes)) assert.deepEqual(below.attributes[key], value);
  const { traceId, spanId } = sample.linked;
  assert.deepEqual(below.links, [{ traceId, spanId, attributes: { why: 'batch' } }]);
  assert.deepEqual(
    below.events.map(({ name, attributes }) => [name, attributes]),
    [['moment', { at: 1 }]],
  );
  assert.deepEqual(below.status, { code: 'ERROR', message: 'no' });
  assert.deepEqual([below.resource['service.namespace'], below.resource['team']], ['nedlia', 'a b']);
}
