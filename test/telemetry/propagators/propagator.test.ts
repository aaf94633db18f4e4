import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Context } from '@opentelemetry/api';
import { defaultTextMapGetter, defaultTextMapSetter, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { JaegerPropagator } from '@opentelemetry/propagator-jaeger';
import { fromTraceContext, toTraceContext } from '../../../telemetry/carry/trace-context.ts';
import { readPropagator } from '../../../telemetry/propagators/propagator.ts';
import { captureLog } from '../../support/log-lines.ts';

const traceId = '5759e988bd862e3fe1be46a994272793';
const spanId = '53995c3f42cd8ad8';
const traceparent = `00-${traceId}-${spanId}-01`;

const propagatorOf = (names?: string) => readPropagator({ OTEL_PROPAGATORS: names });

/** Headers as a real server reads them from a real socket. */
async function overTheWire(t: TestContext, headers: Record<string, string>) {
  const received = Promise.withResolvers<Record<string, unknown>>();
  const server = createServer((request, response) => {
    received.resolve(request.headers);
    response.end();
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, headers, agent: false }).on(
    'response',
    (response) => response.resume(),
  );
  return received.promise;
}

function write(names: string | undefined, context: Context): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagatorOf(names).inject(context, carrier, defaultTextMapSetter);
  return carrier;
}
const read = (names: string | undefined, carrier: Record<string, unknown>): Context =>
  propagatorOf(names).extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);

/** Each format, with the headers its own specification writes for one sampled span. */
const formats: Record<string, Record<string, string>> = {
  tracecontext: { traceparent },
  b3: { b3: `${traceId}-${spanId}-1` },
  b3multi: { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '1' },
  jaeger: { 'uber-trace-id': `${traceId}:${spanId}:0:01` },
  xray: { 'x-amzn-trace-id': `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=${spanId};Sampled=1` },
  'xray-lambda': { 'x-amzn-trace-id': `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=${spanId};Sampled=1` },
};

for (const [name, headers] of Object.entries(formats)) {
  test(`${name} writes its headers, and what comes off the wire is the same place in the same trace`, async (t) => {
    assert.deepEqual(write(name, fromTraceContext({ traceparent })), headers);
    assert.equal(toTraceContext(read(name, await overTheWire(t, headers)))?.traceparent, traceparent);
  });

  test(`${name} keeps that a span is not sampled`, () => {
    const unsampled = traceparent.replace(/01$/, '00');
    const written = write(name, fromTraceContext({ traceparent: unsampled }));
    assert.equal(toTraceContext(read(name, written))?.traceparent, unsampled);
  });

  test(`${name} reads garbage as nothing, and never throws`, () => {
    for (const garbage of [
      '',
      ':::',
      '0:0:0:0',
      'zz:yy:0:01',
      '%',
      '-',
      '\u0000',
      'x'.repeat(10_000),
      `${traceId}:${spanId}`,
    ]) {
      const carrier = Object.fromEntries(Object.keys(headers).map((header) => [header, garbage]));
      assert.equal(toTraceContext(read(name, carrier)), undefined, garbage.slice(0, 40));
    }
    assert.equal(read(name, {}), ROOT_CONTEXT);
  });
}

test('unless it is said, W3C’s two are written and read', () => {
  const baggage = propagation.createBaggage({ a: { value: '1 2' } });
  const context = propagation.setBaggage(fromTraceContext({ traceparent }), baggage);
  assert.deepEqual(write(undefined, context), { traceparent, baggage: 'a=1%202' });
  assert.deepEqual(write('none', context), {});
  assert.deepEqual(write('baggage', context), { baggage: 'a=1%202' });
  assert.equal(propagation.getBaggage(read('baggage', { baggage: 'a=1%202' }))?.getEntry('a')?.value, '1 2');
});

test('several write one after the other, and whatever their order W3C’s reading wins', () => {
  const all = Object.assign({}, ...Object.values(formats)) as Record<string, string>;
  assert.deepEqual(write('tracecontext, B3, b3multi, jaeger, XRay', fromTraceContext({ traceparent })), all);
  const other = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  for (const names of ['tracecontext,b3,b3multi,jaeger,xray', 'xray,jaeger,b3,tracecontext']) {
    assert.equal(toTraceContext(read(names, { ...all, traceparent: other }))?.traceparent, other);
  }
});

const entriesOf = (read: Context) =>
  propagation
    .getBaggage(read)
    ?.getAllEntries()
    .map(([key, { value }]) => [key, value]);

test('Jaeger’s baggage goes as the stock propagator writes it, and each reads the other’s; garbage in it costs only itself', () => {
  const baggage = propagation.createBaggage({ user: { value: 'a b;ü' }, plan: { value: 'x' } });
  const context = propagation.setBaggage(fromTraceContext({ traceparent }), baggage);
  const stock: Record<string, string> = {};
  new JaegerPropagator().inject(context, stock, defaultTextMapSetter);
  assert.deepEqual(write('jaeger', context), stock);
  const expected = [
    ['user', 'a b;ü'],
    ['plan', 'x'],
  ];
  assert.deepEqual(entriesOf(read('jaeger', stock)), expected);
  assert.deepEqual(entriesOf(read('jaeger', { ...stock, 'uberctx-bad': '%' })), expected);
});

test('one that reads garbage leaves what another has read', () => {
  const carrier = { ...formats['xray'], 'uber-trace-id': 'zz:yy:0:01' };
  assert.equal(toTraceContext(read('jaeger,xray', carrier))?.traceparent, traceparent);
});

test('in a function xray-lambda falls back to the invocation’s own header, and only then', (t) => {
  const header = '_X_AMZN_TRACE_ID';
  t.after(() => delete process.env[header]);
  process.env[header] = formats['xray']?.['x-amzn-trace-id'];
  assert.equal(toTraceContext(read('xray-lambda', {}))?.traceparent, traceparent);
  assert.equal(toTraceContext(read('xray', {})), undefined);
  const other = 'Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1';
  const carried = toTraceContext(read('xray-lambda', { 'x-amzn-trace-id': other }));
  assert.equal(carried?.traceparent, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
});

test('an unknown propagator is one warning with those there are, and the others work', (t) => {
  const lines = captureLog(t);
  assert.deepEqual(write('b4,b3', fromTraceContext({ traceparent })), formats['b3']);
  assert.equal(lines.length, 1);
  assert.match(
    lines[0]?.message ?? '',
    /OTEL_PROPAGATORS "b4" .*tracecontext, baggage, b3, b3multi, jaeger, xray, xray-lambda, none/,
  );
});

/** So many headers of Jaeger's baggage. */
const members = (count: number, value: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`uberctx-k${index}`, value]));

test('Jaeger’s baggage has W3C’s limits and keys, in and out, and never throws', () => {
  const counted = (carrier: Record<string, string>) => entriesOf(read('jaeger', carrier))?.length;
  assert.deepEqual([counted(members(64, 'v')), counted(members(65, 'v'))], [64, undefined]);
  assert.deepEqual([counted(members(2, 'v'.repeat(4000))), counted(members(2, 'v'.repeat(5000)))], [2, undefined]);
  const odd = {
    'uberctx-': 'v',
    'uberctx-a b': 'v',
    'uberctx-a=b': 'v',
    'uberctx-x\r\ny': 'v',
    'uberctx-half': '\ud800',
  };
  assert.deepEqual(entriesOf(read('jaeger', odd)), [['half', '\ufffd']]);
  const own = propagation.createBaggage({ 'a b': { value: '1' }, 'x\r\ny': { value: '1' }, half: { value: '\ud800' } });
  const context = propagation.setBaggage(fromTraceContext({ traceparent }), own);
  assert.deepEqual(write('jaeger', context), { ...formats['jaeger'], 'uberctx-half': '%EF%BF%BD' });
  const many = propagation.createBaggage({ a: { value: 'v'.repeat(9000) } });
  assert.deepEqual(write('jaeger', propagation.setBaggage(fromTraceContext({ traceparent }), many)), formats['jaeger']);
});
