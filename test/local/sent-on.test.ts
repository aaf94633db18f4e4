import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { startCollector } from '../../local/collector/collector.ts';
import { allSentOn, sentOnAsJson, sentOnAsText } from '../../local/sent-on.ts';
import { type ForeignSpan, openForwarding } from '../../telemetry/export/forward.ts';
import { serverExporters } from '../../telemetry/export/server-exporters.ts';
import { eventually } from '../support/eventually.ts';
import { captureLog } from '../support/log-lines.ts';

const aSpan: ForeignSpan = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: undefined,
  traceState: undefined,
  name: 'POST /v1/placements',
  kind: 'SERVER',
  resource: { 'service.name': 'nedlia-api' },
  attributes: {},
  startMs: 1_700_000_000_000,
  endMs: 1_700_000_000_001,
  status: { code: 'UNSET' },
  events: [],
  links: [],
};

async function forwarded(env: Record<string, string>, ...spans: ForeignSpan[]) {
  const forwarding = openForwarding(env, serverExporters);
  assert.ok(forwarding);
  forwarding.forward(spans);
  await forwarding.shutdown();
  return forwarding;
}

test('one line says how many spans each backend got and lost, and why, and what was wrong with the variables', async (t) => {
  captureLog(t);
  const collector = await startCollector();
  t.after(() => collector.close());
  const env = {
    OTEL_TRACES_EXPORTER: 'otlp,jaeger,smoke',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.endpoint}/v1/traces`,
    OTEL_EXPORTER_JAEGER_ENDPOINT: 'http://127.0.0.1:9',
  };
  const forwarding = await forwarded(env, aSpan, { ...aSpan, spanId: 'c'.repeat(16) });

  assert.equal(collector.spans().length, 2);
  const text = sentOnAsText(forwarding);
  assert.match(
    text,
    /^Sent on: otlp 2 spans to http:\/\/127\.0\.0\.1:\d+\/v1\/traces; jaeger 0 spans to http:\/\/127\.0\.0\.1:9\S*, 2 dropped \(connect ECONNREFUSED 127\.0\.0\.1:9\)\. /,
  );
  assert.match(
    text,
    /OTEL_TRACES_EXPORTER "smoke" is not a known name; it is left out \(allowed: [^)]*\)\. "npm run doctor" says why\.$/,
  );
  assert.equal(text.split('\n').length, 1);
  assert.equal(allSentOn(forwarding), false);
  const { backends, problems } = sentOnAsJson(forwarding) as {
    backends: Record<string, unknown>[];
    problems: string[];
  };
  assert.deepEqual(
    backends.map(({ exporter, exported, dropped, waiting, failed }) => [exporter, exported, dropped, waiting, failed]),
    [
      ['otlp', 2, 0, 0, 0],
      ['jaeger', 0, 2, 0, 1],
    ],
  );
  assert.equal(problems.length, forwarding.problems.length);
});

test('where all arrived, nothing else is said', async (t) => {
  const collector = await startCollector();
  t.after(() => collector.close());
  const forwarding = await forwarded({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint }, aSpan);
  assert.equal(sentOnAsText(forwarding), `Sent on: otlp 1 span to ${collector.endpoint}/v1/traces.`);
  assert.equal(allSentOn(forwarding), true);
});

test('what no backend has answered yet did not arrive, though its export is under way', async (t) => {
  const held: ServerResponse[] = [];
  const backend = createServer((request, response) => void request.resume().on('end', () => held.push(response)));
  await once(backend.listen(0, '127.0.0.1'), 'listening');
  t.after(() => backend.close());
  const { port } = backend.address() as AddressInfo;
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  const forwarding = openForwarding(env, serverExporters);
  assert.ok(forwarding);
  forwarding.forward([aSpan, aSpan]);
  await eventually(() => held.length === 1, 'an export under way');
  forwarding.forward([aSpan]);
  const to = `to http://127.0.0.1:${port}/v1/traces`;
  const why = '"npm run doctor" says why.';
  assert.equal(sentOnAsText(forwarding), `Sent on: otlp 0 spans ${to}, 3 not accepted in time. ${why}`);
  assert.equal(allSentOn(forwarding), false);

  held[0]?.end();
  await eventually(() => held.length === 2, 'the next export');
  assert.equal(sentOnAsText(forwarding), `Sent on: otlp 2 spans ${to}, 1 not accepted in time. ${why}`);
  held[1]?.end();
  await forwarding.shutdown();
  assert.equal(sentOnAsText(forwarding), `Sent on: otlp 3 spans ${to}.`);
});

test('an address is told without its credentials', async (t) => {
  const collector = await startCollector();
  t.after(() => collector.close());
  const endpoint = collector.endpoint.replace('//', '//someone:hidden@');
  const forwarding = await forwarded({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, aSpan);
  assert.doesNotMatch(sentOnAsText(forwarding), /hidden|someone/);
});

test('an exporter that cannot be made is said, though nothing is sent on', async (t) => {
  captureLog(t);
  const forwarding = await forwarded({ OTEL_TRACES_EXPORTER: 'coralogix' }, aSpan);
  assert.match(sentOnAsText(forwarding), /^Sent on: nothing\. OTEL_TRACES_EXPORTER cannot make the exporter coralogix/);
});
