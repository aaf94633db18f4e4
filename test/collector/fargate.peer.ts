import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { readExport, type ReceivedSpan } from '../../local/collector/otlp.ts';
import type { Choices } from '../../lib/choices.ts';
import { functionExporters } from '../../telemetry/export/function-exporters.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { startSpan } from '../../telemetry/tracer.ts';
import { chosen, SECRET, taskFor } from '../support/collector-task.ts';
import { CREDENTIALS, freeEndpoint, startOtelcol } from '../support/otelcol.ts';
import { drain, nobody, startPeer } from '../support/peer.ts';
import { assertSample, recordSample, SAMPLE_RESOURCE } from '../support/sample-trace.ts';
import { type SignedRequest, verifySigV4 } from '../support/verify-sigv4.ts';

const WITHIN_MS = 10_000;
const sampling = readFileSync(join(import.meta.dirname, '../../observability/fargate/tail-sampling.yaml'), 'utf8');

/** A backend that keeps requests as they came. */
async function startBackend(t: TestContext) {
  const requests: SignedRequest[] = [];
  const url = await startPeer(t, async (request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers, body: await drain(request) });
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  const spans = (): ReceivedSpan[] =>
    requests.flatMap(({ headers, body }) =>
      readExport(String(headers['content-type']), headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body),
    );
  return { url, requests, spans };
}

/** Runs what the task is given, each address led to this machine; a function sends to it. */
async function start(t: TestContext, choices: Choices, addresses: Record<string, string>, onTop = '') {
  const { args, env } = taskFor(choices);
  for (const name of Object.keys(addresses))
    if (!(name in env)) assert.match(name, /^(?:OTLP_AUTHORIZATION|CORALOGIX_TOKEN|DECISION_WAIT)$/);
  const http = await freeEndpoint();
  const otelcol = await startOtelcol(t, {
    args: onTop ? [...args, '--config=env:ON_TOP'] : args,
    env: { ...env, ...addresses, OTLP_HTTP_ENDPOINT: http, ON_TOP: onTop },
  });
  const telemetry = startTelemetry({
    service: 'things',
    mode: 'function',
    exporters: functionExporters,
    env: { ...SAMPLE_RESOURCE, OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: `http://${http}` },
  });
  t.after(() => telemetry.shutdown());
  return { otelcol, telemetry };
}

async function until(enough: () => boolean, log: () => string): Promise<void> {
  for (const deadline = Date.now() + WITHIN_MS; !enough(); await sleep(50)) {
    assert.ok(Date.now() < deadline, `not within ${WITHIN_MS} ms: ${log()}`);
  }
}

test('to X-Ray: signed over the bytes that are sent, whole, with what its map needs', async (t) => {
  const { url, requests, spans } = await startBackend(t);
  const { otelcol, telemetry } = await start(t, chosen('xray'), { XRAY_ENDPOINT: `${url}/v1/traces` });
  const said = recordSample();
  const parent = trace.setSpan(ROOT_CONTEXT, said.parent);
  startSpan('process', { kind: SpanKind.CONSUMER }, parent).end();
  await telemetry.flush();
  await until(() => spans().length >= 3, otelcol.log);

  const [request] = requests;
  assert.ok(request);
  const { keyId, scope } = verifySigV4(request, CREDENTIALS.AWS_SECRET_ACCESS_KEY);
  assert.deepEqual(
    [keyId, scope.replace(/^\d+\//, ''), request.url, request.headers['content-encoding']],
    [CREDENTIALS.AWS_ACCESS_KEY_ID, 'eu-central-1/xray/aws4_request', '/v1/traces', 'gzip'],
  );
  assertSample(spans(), said);
  const named = (name: string) => spans().find((span) => span.name === name)?.attributes ?? {};
  assert.equal(named('process')['aws.span.kind'], 'LOCAL_ROOT');
  assert.deepEqual([named('child')['db.system'], named('parent')['aws.span.kind']], ['postgresql', undefined]);
});

for (const secret of [undefined, SECRET]) {
  test(`to an OTLP backend ${secret ? 'that wants to know who sends' : 'that takes whatever comes'}`, async (t) => {
    const { url, requests, spans } = await startBackend(t);
    const given = { OTLP_ENDPOINT: url, ...(secret && { OTLP_AUTHORIZATION: 'Basic MTIzNDU2OnRva2Vu' }) };
    const { otelcol, telemetry } = await start(t, { ...chosen('otlp'), collectorSecret: secret }, given);
    const said = recordSample();
    await telemetry.flush();
    await until(() => spans().length >= 2, otelcol.log);
    assertSample(spans(), said);
    assert.deepEqual(
      [requests[0]?.url, requests[0]?.headers.authorization],
      ['/v1/traces', secret && 'Basic MTIzNDU2OnRva2Vu'],
    );
  });
}

test('to Coralogix and X-Ray at once: each gets the names it reads, and only Coralogix the token', async (t) => {
  const [coralogix, xray] = [await startBackend(t), await startBackend(t)];
  const { otelcol, telemetry } = await start(t, chosen('xray', 'coralogix'), {
    CORALOGIX_ENDPOINT: coralogix.url,
    CORALOGIX_TOKEN: 'cxtp_abc',
    XRAY_ENDPOINT: `${xray.url}/v1/traces`,
  });
  const said = recordSample();
  await telemetry.flush();
  await until(() => coralogix.spans().length >= 2 && xray.spans().length >= 2, otelcol.log);
  assertSample(coralogix.spans(), said);
  assertSample(xray.spans(), said);
  const [of] = coralogix.spans();
  assert.deepEqual([of?.resource['cx.application.name'], of?.resource['cx.subsystem.name']], ['nedlia', 'things']);
  assert.equal(xray.spans()[0]?.resource['cx.application.name'], undefined);
  const tokens = [coralogix, xray].map(({ requests }) => requests[0]?.headers.authorization?.includes('cxtp_abc'));
  assert.deepEqual(tokens, [true, false]);
});

test('a backend that is away is retried, and what is lost is a line that the alarm counts; the sender is told nothing', async (t) => {
  const { otelcol, telemetry } = await start(
    t,
    chosen('otlp'),
    { OTLP_ENDPOINT: await nobody() },
    'exporters: { otlp_http/otlp: { retry_on_failure: { initial_interval: 100ms, max_interval: 100ms, max_elapsed_time: 300ms } } }',
  );
  recordSample();
  await telemetry.flush();
  assert.deepEqual(telemetry.status().exporters[0]?.dropped, 0);
  await until(() => otelcol.log().includes('"level":"error"'), otelcol.log);
  const lines = otelcol
    .log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.ok(
    lines.some(({ level, dropped_items: items }) => level === 'error' && items === 2),
    otelcol.log(),
  );
});

test('with tail sampling every trace with an error is kept whole, and most of the others are not', async (t) => {
  const { url, spans } = await startBackend(t);
  const addresses = { XRAY_ENDPOINT: `${url}/v1/traces`, DECISION_WAIT: '1s' };
  const { otelcol, telemetry } = await start(t, chosen('xray'), addresses, sampling);
  const failed = new Set<string>();
  for (let index = 0; index < 60; index += 1) {
    const top = startSpan('top', { kind: SpanKind.SERVER }, ROOT_CONTEXT);
    const below = startSpan('below', {}, trace.setSpan(ROOT_CONTEXT, top));
    if (index % 10 === 0) failed.add(top.spanContext().traceId);
    if (index % 10 === 0) below.setStatus({ code: SpanStatusCode.ERROR });
    below.end();
    top.end();
  }
  await telemetry.flush();
  const kept = () => spans().filter(({ traceId }) => failed.has(traceId));
  await until(() => kept().length >= 12, otelcol.log);
  await sleep(500); // what else was decided to be kept leaves at the same time
  assert.equal(kept().length, 12, 'six traces of two spans');
  assert.ok(spans().length < 60, `${spans().length} of 120 spans were kept`);
});
