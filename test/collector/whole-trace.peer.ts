import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCollector } from '../../local/collector/collector.ts';
import type { ReceivedSpan } from '../../local/collector/otlp.ts';
import { missingHops } from '../../local/hops.ts';
import { aFolder } from '../support/folder.ts';
import { freeEndpoint, startOtelcol } from '../support/otelcol.ts';
import { runWord } from '../support/word.ts';

const configuration = readFileSync(join(import.meta.dirname, 'every-way-in.yaml'), 'utf8');

test('the trace of npm start goes through the real Collector whole, and not a span of it is another', async (t) => {
  const sink = await startCollector();
  t.after(() => sink.close());
  const http = await freeEndpoint();
  await startOtelcol(t, [configuration], {
    GRPC_ENDPOINT: await freeEndpoint(),
    ZIPKIN_ENDPOINT: await freeEndpoint(),
    HTTP_ENDPOINT: http,
    SINK_ENDPOINT: sink.endpoint,
  });

  const { code, stdout, stderr } = await runWord('start', ['--once', '--json'], {
    NEDLIA_DIRECTORY: aFolder(),
    PORT: '0',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${http}`,
  });
  assert.equal(code, 0, stderr);
  const { trace_id: traceId, spans: shown } = JSON.parse(stdout) as { trace_id: string; spans: ReceivedSpan[] };
  await sink.until(traceId, (spans) => spans.length >= shown.length, 10_000);

  assert.deepEqual(missingHops(sink.spans(traceId)), []);
  const arrived = new Map(asJson(sink.spans(traceId)).map((span) => [span.spanId, span]));
  for (const span of shown) assert.deepEqual(arrived.get(span.spanId), span, span.name);
});

/** Without what is `undefined`, as the spans were printed. */
const asJson = (spans: ReceivedSpan[]) => JSON.parse(JSON.stringify(spans)) as ReceivedSpan[];
