import assert from 'node:assert/strict';
import { Socket } from 'node:dgram';
import type { TestContext } from 'node:test';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { startCollector } from '../../../../local/collector/collector.ts';
import type { ReceivedSpan } from '../../../../local/collector/otlp.ts';
import { openMessage } from '../../../../telemetry/carry/message.ts';
import { traceMessage } from '../../../../telemetry/edges/message.ts';
import { traceStatement } from '../../../../telemetry/edges/sql.ts';
import { functionExporters } from '../../../../telemetry/export/function-exporters.ts';
import { span } from '../../../../telemetry/span.ts';
import { startTelemetry } from '../../../../telemetry/start.ts';
import { startSpan } from '../../../../telemetry/tracer.ts';
import { captureLog } from '../../../support/log-lines.ts';
import { aRecord, aTraceparent, stringAttributes } from '../../../support/records.ts';
import { noDaemon, startXRayDaemon } from '../../../support/xray-daemon.ts';

const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => rejections.push(reason));
after(async () => {
  await sleep(50);
  assert.deepEqual(rejections, []);
});

/** Telemetry of a function that exports to this daemon; ends with the test. */
function start(t: TestContext, address: string, env: NodeJS.ProcessEnv = {}) {
  const telemetry = startTelemetry({
    service: 'things',
    mode: 'function',
    exporters: functionExporters,
    env: { OTEL_TRACES_EXPORTER: 'xray', AWS_XRAY_DAEMON_ADDRESS: address, ...env },
  });
  t.after(() => telemetry.shutdown());
  return telemetry;
}

const spans = (count: number, more: Record<string, string> = {}) => {
  for (let index = 0; index < count; index += 1) span(`span ${index}`, { index, ...more }, () => undefined);
};
const status = (telemetry: ReturnType<typeof start>) => {
  const [{ exported, dropped, waiting, breaker } = {}] = telemetry.status().exporters;
  return { exported, dropped, waiting, breaker };
};
const only = (received: ReceivedSpan[], name: string): ReceivedSpan => {
  const [found, ...more] = received.filter((span) => span.name === name);
  assert.ok(found && more.length === 0, `one span ${name} among ${received.map((span) => span.name).join(', ')}`);
  return found;
};

const microseconds = ([seconds, nanoseconds]: [number, number]) => seconds * 1e6 + Math.floor(nanoseconds / 1000);

type Sent = (error: Error | null) => void;

/** Puts something between the exporter and the real socket until the test is over. */
function replaceSend(t: TestContext, how: (send: (sent: Sent) => void, bytes: Buffer, sent: Sent) => void): void {
  const sockets = Socket.prototype as unknown as { send: (this: Socket, bytes: Buffer, sent: Sent) => void };
  const { send } = sockets;
  t.mock.method(sockets, 'send', function replaced(this: Socket, bytes: Buffer, sent: Sent) {
    how((done) => send.call(this, bytes, done), bytes, sent);
  });
}

test('all that a span says arrives: ids, parent, kind, attributes, link, event, status, resource', async (t) => {
  const daemon = await startXRayDaemon(t);
  const telemetry = start(t, daemon.address, { OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=nedlia' });
  const linked = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true };
  const parent = startSpan('parent', { kind: SpanKind.SERVER }, ROOT_CONTEXT);
  const options = {
    kind: SpanKind.CLIENT,
    attributes: { text: 'ä', whole: -7, half: 0.5, yes: true, list: ['a', 'b'] },
    links: [{ context: linked, attributes: { why: 'batch' } }],
  };
  const child = startSpan('child', options, trace.setSpan(ROOT_CONTEXT, parent));
  child.addEvent('moment', { at: 1 });
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
  child.end();
  parent.end();
  await telemetry.flush();

  const received = await daemon.until(2);
  const [top, below] = [only(received, 'parent'), only(received, 'child')];
  assert.deepEqual(
    [top.traceId, top.spanId, top.parentSpanId, top.kind, top.service, top.resource['service.namespace']],
    [parent.spanContext().traceId, parent.spanContext().spanId, undefined, 'SERVER', 'things', 'nedlia'],
  );
  assert.deepEqual([below.traceId, below.parentSpanId, below.kind], [top.traceId, top.spanId, 'CLIENT']);
  assert.deepEqual(below.attributes, options.attributes);
  assert.deepEqual(below.links, [{ traceId: linked.traceId, spanId: linked.spanId, attributes: { why: 'batch' } }]);
  assert.deepEqual(
    below.events.map(({ name, attributes }) => [name, attributes]),
    [['moment', { at: 1 }]],
  );
  assert.deepEqual(below.status, { code: 'ERROR', message: 'no' });
  const { startTime, endTime } = child as unknown as ReadableSpan;
  assert.deepEqual(
    [below.startMs, below.endMs].map((ms) => Math.round(ms * 1000)),
    [startTime, endTime].map(microseconds),
  );
  assert.equal(daemon.sizes.length, 1);
});

test('10,000 spans arrive once each, in datagrams that fit and are filled', async (t) => {
  const daemon = await startXRayDaemon(t);
  const telemetry = start(t, daemon.address, { OTEL_BSP_MAX_QUEUE_SIZE: '10000', OTEL_EXPORTER_OTLP_TIMEOUT: '5000' });
  spans(10_000);
  // A flush waits half a second at most; on a busy machine this many need longer.
  await telemetry.flush();
  const received = await daemon.until(10_000);
  assert.equal(received.length, 10_000);
  assert.equal(new Set(received.map(({ spanId }) => spanId)).size, 10_000);
  assert.deepEqual(
    received.map(({ attributes }) => attributes['index']),
    Array.from({ length: 10_000 }, (_, index) => index),
  );
  const { sizes } = daemon;
  assert.ok(Math.max(...sizes) <= 64_000, `${Math.max(...sizes)} bytes`);
  assert.ok(Math.min(...sizes.slice(0, -1)) > 63_000, sizes.join(', '));
});

test('a span too large for a datagram is dropped, said in one line and counted; the others arrive', async (t) => {
  const lines = captureLog(t);
  const daemon = await startXRayDaemon(t);
  const telemetry = start(t, daemon.address);
  spans(3);
  span('huge', { text: 'x'.repeat(100_000) }, () => undefined);
  spans(3);
  await telemetry.flush();
  assert.deepEqual(status(telemetry), { exported: 6, dropped: 1, waiting: 0, breaker: 'closed' });
  assert.deepEqual(
    lines.map(({ level, message, spans, first }) => [level, message, spans, first]),
    [['warn', 'spans too large for a datagram are dropped', 1, 'huge']],
  );
  assert.deepEqual(
    (await daemon.until(6)).map(({ name }) => name),
    ['span 0', 'span 1', 'span 2', 'span 0', 'span 1', 'span 2'],
  );
});

test('a span that just fits travels; packing loses none at the edge', async (t) => {
  const daemon = await startXRayDaemon(t);
  captureLog(t);
  const telemetry = start(t, daemon.address);
  for (let length = 47_000; length < 47_900; length += 50)
    span(`${length}`, { text: 'x'.repeat(length) }, () => undefined);
  await telemetry.flush();
  const { exported = 0, dropped = 0 } = status(telemetry);
  assert.deepEqual([exported + dropped, (await daemon.until(exported)).length], [18, exported]);
  assert.ok(dropped >= 1 && exported >= 1, `${exported} exported, ${dropped} dropped`);
  assert.ok(Math.max(...daemon.sizes) <= 64_000 && Math.max(...daemon.sizes) > 63_900, daemon.sizes.join(', '));
});

test('a flush ends when the last datagram has left, not before', async (t) => {
  const daemon = await startXRayDaemon(t);
  const telemetry = start(t, daemon.address);
  let left = 0;
  // Each datagram 15 ms late: a flush that does not wait for the callbacks ends with fewer gone.
  replaceSend(t, (send, _bytes, sent) => {
    setTimeout(() => {
      send((error) => {
        left += 1;
        sent(error);
      });
    }, 5);
  });
  spans(5, { text: 'x'.repeat(30_000) });
  await telemetry.flush();
  assert.equal(left, 5);
  assert.equal(status(telemetry).exported, 5);
  assert.equal((await daemon.until(5)).length, 5);
});

test('with no daemon the work goes on: said once, and soon given up', async (t) => {
  const lines = captureLog(t);
  const telemetry = start(t, await noDaemon());
  const took: number[] = [];
  for (let invocation = 0; invocation < 6; invocation += 1) {
    spans(2);
    const begun = performance.now();
    await telemetry.flush();
    took.push(performance.now() - begun);
  }
  assert.ok(Math.min(...took) < 250, `${took.map(Math.round).join(', ')} ms: none waits its half second`);
  assert.deepEqual(status(telemetry), { exported: 0, dropped: 12, waiting: 0, breaker: 'open' });
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['telemetry is not exported for now'],
  );
  assert.match(String(lines[0]?.['reason']), /ECONNREFUSED/);
});

test('after a refusal the next export is a new beginning', async (t) => {
  const address = await noDaemon();
  const telemetry = start(t, address);
  spans(1);
  await telemetry.flush();
  const daemon = await startXRayDaemon(t, Number(address.split(':')[1]));
  spans(1);
  await telemetry.flush();
  assert.equal((await daemon.until(1)).length, 1);
  assert.deepEqual(status(telemetry), { exported: 1, dropped: 1, waiting: 0, breaker: 'closed' });
});

test('where only small datagrams leave the machine, smaller ones are sent', async (t) => {
  const daemon = await startXRayDaemon(t);
  const telemetry = start(t, daemon.address);
  replaceSend(t, (send, bytes, sent) => {
    if (bytes.length <= 9216) send(sent);
    else sent(Object.assign(new Error('send EMSGSIZE'), { code: 'EMSGSIZE' }));
  });
  spans(300);
  await telemetry.flush();
  assert.equal((await daemon.until(300)).length, 300);
  assert.equal(status(telemetry).exported, 300);
  assert.ok(Math.max(...daemon.sizes) <= 9216);
});

test('a name nobody knows is a failed export like any other', async (t) => {
  const lines = captureLog(t);
  const telemetry = start(t, 'daemon.invalid:2000', { OTEL_EXPORTER_OTLP_TIMEOUT: '400' });
  for (let invocation = 0; invocation < 4; invocation += 1) {
    spans(1);
    await telemetry.flush();
  }
  assert.deepEqual(status(telemetry), { exported: 0, dropped: 4, waiting: 0, breaker: 'open' });
  assert.equal(lines.length, 1);
});

/** A message's processing with one statement, by the edges that make such spans. */
async function processOne(traceparent: string): Promise<void> {
  const record = aRecord({ messageAttributes: stringAttributes({ traceparent }) });
  const invocation = { span: { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), traceFlags: 1 } };
  const statement = {
    server: { address: '127.0.0.1', port: 5432 },
    namespace: 'nedlia',
    operation: 'SELECT',
    collection: 'videos',
    text: 'select * from nedlia.videos where id = $1',
  };
  await traceMessage(openMessage(record), { queue: 'nedlia-validator', invocation }, () =>
    traceStatement(statement, async () => ({ rows: [{ id: 'secret-value' }] })),
  );
}

test('xray,otlp sends to both, and what X-Ray needs for a clean map is seen by X-Ray alone', async (t) => {
  const daemon = await startXRayDaemon(t);
  const collector = await startCollector();
  t.after(() => collector.close());
  const telemetry = start(t, daemon.address, {
    OTEL_TRACES_EXPORTER: 'xray,otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
  });
  await processOne(aTraceparent());
  await telemetry.flush();

  const [xray, otlp] = [await daemon.until(2), collector.spans()];
  const extra = {
    'process nedlia-validator': { 'aws.span.kind': 'LOCAL_ROOT' },
    'SELECT nedlia.videos': {
      'db.system': 'postgresql',
      'db.name': 'nedlia',
      'db.statement': 'select * from nedlia.videos where id = $1',
    },
  };
  for (const [name, more] of Object.entries(extra)) {
    const [seen, plain] = [only(xray, name), only(otlp, name)];
    assert.deepEqual(seen.attributes, { ...plain.attributes, ...more });
    for (const key of Object.keys(more)) assert.equal(key in plain.attributes, false, key);
    assert.deepEqual({ ...seen, attributes: {} }, { ...plain, attributes: {} });
  }
  assert.doesNotMatch(JSON.stringify(xray), /secret-value/);
});

test('only the first span of a service in a trace is a local root, and only where there is a database are its older names', async (t) => {
  const daemon = await startXRayDaemon(t);
  const telemetry = start(t, daemon.address);
  const outer = startSpan('outer', { kind: SpanKind.CONSUMER }, ROOT_CONTEXT);
  startSpan('inner', { kind: SpanKind.CONSUMER }, trace.setSpan(ROOT_CONTEXT, outer)).end();
  startSpan('server', { kind: SpanKind.SERVER }, ROOT_CONTEXT).end();
  startSpan('own', {
    attributes: { 'db.system.name': 'postgresql', 'db.name': 'kept', 'db.namespace': 'other' },
  }).end();
  outer.end();
  await telemetry.flush();
  const received = await daemon.until(4);
  assert.deepEqual(only(received, 'outer').attributes, { 'aws.span.kind': 'LOCAL_ROOT' });
  assert.deepEqual([only(received, 'inner').attributes, only(received, 'server').attributes], [{}, {}]);
  assert.equal(only(received, 'own').attributes['db.name'], 'kept');
});

test('an unsampled span is not sent', async (t) => {
  const daemon = await startXRayDaemon(t);
  const telemetry = start(t, daemon.address, { OTEL_TRACES_SAMPLER: 'parentbased_always_on' });
  await processOne(aTraceparent().replace(/01$/, '00'));
  spans(1);
  await telemetry.flush();
  assert.deepEqual(
    (await daemon.until(1)).map(({ name }) => name),
    ['span 0'],
  );
});
