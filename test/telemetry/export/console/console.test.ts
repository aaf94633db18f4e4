import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { fromTraceContext } from '../../../../telemetry/carry/trace-context.ts';
import { consoleExporter } from '../../../../telemetry/export/console/console.ts';
import { startTelemetry } from '../../../../telemetry/start.ts';
import { startSpan } from '../../../../telemetry/tracer.ts';
import { recordSample, sample, SAMPLE_RESOURCE } from '../../../support/sample-trace.ts';

/** Telemetry whose console is this one; ends with the test. */
function start(t: { after(fn: () => Promise<void>): void }, isTTY: boolean, env: NodeJS.ProcessEnv = {}) {
  const written: string[] = [];
  const terminal = { isTTY, write: (text: string) => written.push(text) };
  const telemetry = startTelemetry({
    service: 'things',
    mode: 'function',
    exporters: { console: (_options, given) => consoleExporter(given, terminal) },
    env: { OTEL_TRACES_EXPORTER: 'console', ...SAMPLE_RESOURCE, ...env },
  });
  t.after(() => telemetry.shutdown());
  return { telemetry, written };
}

test('away from a terminal every span is one JSON line that says all of it', async (t) => {
  const { telemetry, written } = start(t, false);
  const { parent, child } = recordSample();
  await telemetry.flush();
  const lines = written.join('').trimEnd().split('\n');
  const [below, top] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const { traceId, spanId } = parent.spanContext();
  assert.equal(lines.length, 2);
  assert.deepEqual(
    [top?.['span'], top?.['trace_id'], top?.['span_id'], top?.['kind']],
    ['parent', traceId, spanId, 'SERVER'],
  );
  assert.deepEqual(
    [
      below?.['trace_id'],
      below?.['span_id'],
      below?.['parent_span_id'],
      below?.['kind'],
      below?.['status'],
      below?.['status_message'],
    ],
    [traceId, child.spanContext().spanId, spanId, 'CLIENT', 'ERROR', 'no'],
  );
  assert.deepEqual(below?.['attributes'], sample.attributes);
  const link = { trace_id: sample.linked.traceId, span_id: sample.linked.spanId, attributes: { why: 'batch' } };
  assert.deepEqual(below?.['links'], [link]);
  const [event] = (below?.['events'] ?? []) as { name: string; attributes: object }[];
  assert.deepEqual([event?.name, event?.attributes], ['moment', { at: 1 }]);
  const resource = below?.['resource'] as Record<string, unknown>;
  assert.deepEqual([resource['service.name'], resource['team']], ['things', 'a b']);
});

test('on a terminal a trace is one tree, shown when the span it came in by has ended', async (t) => {
  const { telemetry, written } = start(t, true, { NO_COLOR: '1' });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const parent = startSpan('GET /things', { kind: 1 }, fromTraceContext({ traceparent }));
  startSpan('things.list', {}, trace.setSpan(ROOT_CONTEXT, parent)).end();
  await telemetry.flush();
  assert.deepEqual(written, []);
  parent.end();
  await telemetry.flush();
  const [tree = ''] = written;
  assert.match(tree, /^… GET \/things \[things\] +\d.* ms\n└─ things\.list +\d.* ms\n\n$/);
});

test('the colour is for terminals that want it, and what never became whole is shown at the end', async (t) => {
  const { telemetry, written } = start(t, true);
  const parent = startSpan('parent', {}, ROOT_CONTEXT);
  const child = startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, parent));
  child.setStatus({ code: 2 });
  child.end();
  await telemetry.shutdown();
  assert.ok(written.join('').includes('\u001b[31m… child'));
});
