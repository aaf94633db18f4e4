import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCollector } from '../../local/collector/collector.ts';
import type { ReceivedSpan } from '../../local/collector/otlp.ts';
import { missingHops } from '../../local/hops.ts';
import { callWith, freeEndpoint, startOtelcol } from '../support/otelcol.ts';
import { startOnce } from '../support/start-once.ts';

const configuration = readFileSync(join(import.meta.dirname, 'every-way-in.yaml'), 'utf8');

test('the trace of npm start goes through the real Collector whole, and not a span of it is another', async (t) => {
  const sink = await startCollector();
  t.after(() => sink.close());
  const http = await freeEndpoint();
  const addresses = {
    GRPC_ENDPOINT: await freeEndpoint(),
    ZIPKIN_ENDPOINT: await freeEndpoint(),
    HTTP_ENDPOINT: http,
    SINK_ENDPOINT: sink.endpoint,
  };
  await startOtelcol(t, callWith([configuration], addresses));

  const { traceId, spans: shown } = await startOnce({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://${http}` });
  await sink.until(traceId, (spans) => spans.length >= shown.length, 10_000);

  assert.deepEqual(missingHops(sink.spans(traceId)), []);
  const arrived = new Map(sink.spans(traceId).map((span) => [span.spanId, span]));
  for (const span of shown) {
    const other = arrived.get(span.spanId);
    assert.ok(other, `${span.name} did not arrive`);
    assert.deepEqual(withoutTimes(other), withoutTimes(span));
    for (const [one, two] of [[other.startMs, span.startMs] as const, [other.endMs, span.endMs] as const]) {
      assert.ok(Math.abs(one - two) < 0.01, `${span.name}: ${one} is not ${two}`); // rounded on the way
    }
  }
});

/** As JSON has it: without what is `undefined`. */
const withoutTimes = (span: ReceivedSpan) =>
  JSON.parse(JSON.stringify(span), (key, value: unknown) => (key.endsWith('Ms') ? undefined : value)) as ReceivedSpan;
