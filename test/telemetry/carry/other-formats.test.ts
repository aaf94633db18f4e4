import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { TextMapPropagator } from '@opentelemetry/api';
import { defaultTextMapGetter, defaultTextMapSetter, propagation, trace } from '@opentelemetry/api';
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray';
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3';
import { JaegerPropagator } from '@opentelemetry/propagator-jaeger';
import { configureOtherFormats } from '../../../telemetry/carry/other-formats.ts';
import { readRequest, writeRequest } from '../../../telemetry/carry/request.ts';
import { fromTraceContext, toTraceContext } from '../../../telemetry/carry/trace-context.ts';
import { readPropagatorNames } from '../../../telemetry/propagators/propagator.ts';
import { readSampler } from '../../../telemetry/sampling/sampler.ts';
import { startSpan } from '../../../telemetry/tracer.ts';
import { captureLog } from '../../support/log-lines.ts';
import { recordSpans } from '../../support/spans.ts';
import { ROOT } from '../../../telemetry/carry/root.ts';

const traceId = '5759e988bd862e3fe1be46a994272793';
const spanId = '53995c3f42cd8ad8';
const traceparent = `00-${traceId}-${spanId}-01`;
const other = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function named(t: TestContext, propagators: string | undefined): void {
  configureOtherFormats(readPropagatorNames({ OTEL_PROPAGATORS: propagators }));
  t.after(() => configureOtherFormats([]));
}

const read = (headers: Parameters<typeof readRequest>[0]) => toTraceContext(readRequest(headers))?.traceparent;

const stockOnes: Record<string, TextMapPropagator> = {
  b3: new B3Propagator({ injectEncoding: B3InjectEncoding.SINGLE_HEADER }),
  b3multi: new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER }),
  jaeger: new JaegerPropagator(),
  xray: new AWSXRayPropagator(),
  'xray-lambda': new AWSXRayPropagator(),
};

for (const [name, stockOne] of Object.entries(stockOnes)) {
  test(`${name} is written beside W3C as the stock propagator writes it, and each reads the other’s`, (t) => {
    named(t, name);
    for (const flags of ['00', '01']) {
      const here = `00-${traceId}-${spanId}-${flags}`;
      const context = fromTraceContext({ traceparent: here });
      const stock: Record<string, string> = {};
      stockOne.inject(context, stock, defaultTextMapSetter);
      const { traceparent: written, ...beside } = writeRequest(context);
      assert.equal(written, here);
      assert.deepEqual(beside, stock);
      // X-Ray's `Sampled=0` is no decision; the flag a context must have is then the same 00.
      assert.equal(read(stock), here);
      assert.equal(toTraceContext(stockOne.extract(ROOT, beside, defaultTextMapGetter))?.traceparent, here);
    }
  });
}

test('unless it is named a format is neither read nor written', (t) => {
  for (const propagators of [undefined, 'tracecontext,baggage', 'tracecontext']) {
    named(t, propagators);
    assert.deepEqual(Object.keys(writeRequest(fromTraceContext({ traceparent }))), ['traceparent']);
    assert.equal(read({ b3: `${traceId}-${spanId}-1`, 'uber-trace-id': `${traceId}:${spanId}:0:1` }), undefined);
  }
});

test('W3C wins over X-Ray, and X-Ray over every other, whatever their order in the list', (t) => {
  const [, id, span] = other.split('-');
  const headers = { b3: `${id}-${span}-1`, 'uber-trace-id': `${id}:${span}:0:1` };
  const xray = { 'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1' };
  for (const propagators of ['b3,jaeger,tracecontext', 'jaeger,b3']) {
    named(t, propagators);
    assert.equal(read({ ...headers, traceparent }), traceparent);
    assert.equal(read({ ...headers, ...xray }), traceparent);
    assert.equal(read(headers), other);
    // What API Gateway adds to every request names no parent, and so hides none.
    assert.equal(read({ ...headers, 'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793' }), other);
  }
});

test('none carries nothing over HTTP, in or out; beside other names it says nothing', (t) => {
  named(t, 'none');
  assert.equal(read({ traceparent }), undefined);
  assert.deepEqual(writeRequest(fromTraceContext({ traceparent })), {});
  named(t, 'none,b3');
  assert.equal(read({ traceparent }), traceparent);
});

test('B3 reads 64-bit ids, a parent, debug, and several headers as well as one', (t) => {
  named(t, 'b3');
  const short = `00-0000000000000000${traceId.slice(16)}-${spanId}`;
  assert.equal(read({ b3: `${traceId.slice(16)}-${spanId}-1` }), `${short}-01`);
  assert.equal(read({ b3: `${traceId}-${spanId}-d-${spanId}` }), traceparent);
  assert.equal(read({ 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-flags': '1' }), traceparent);
  assert.equal(
    read({ 'x-b3-traceid': traceId.slice(16), 'x-b3-spanid': spanId, 'x-b3-sampled': 'true' }),
    `${short}-01`,
  );
});

test('Jaeger reads shortened ids and escaped colons', (t) => {
  named(t, 'jaeger');
  assert.equal(read({ 'uber-trace-id': `${traceId}%3A${spanId}%3A0%3A1` }), traceparent);
  assert.equal(read({ 'uber-trace-id': 'abc:1:0:3' }), `00-${'abc'.padStart(32, '0')}-${'1'.padStart(16, '0')}-01`);
});

test('a B3 that leaves the decision open is decided about by our sampler, one that says no is heard', (t) => {
  named(t, 'b3');
  const sampled = (b3: string) => {
    recordSpans(t, readSampler({ OTEL_TRACES_SAMPLER: 'parentbased_always_on' }));
    const span = startSpan('GET', {}, readRequest({ b3 })).spanContext();
    trace.disable();
    assert.equal(span.traceId, traceId);
    return span.traceFlags === 1;
  };
  assert.deepEqual([`${traceId}-${spanId}`, `${traceId}-${spanId}-0`, `${traceId}-${spanId}-1`].map(sampled), [
    true,
    false,
    true,
  ]);
});

test('no baggage comes in or goes out in Jaeger’s headers', (t) => {
  named(t, 'jaeger,baggage');
  const headers = { 'uber-trace-id': `${traceId}:${spanId}:0:1`, 'uberctx-user': 'canary', baggage: 'user=canary' };
  assert.equal(propagation.getBaggage(readRequest(headers)), undefined);
  const context = fromTraceContext({ traceparent, baggage: 'user=canary' });
  assert.doesNotMatch(JSON.stringify(writeRequest(context)), /canary|uberctx/);
});

test('garbage, and a header that stands twice, is nothing', (t) => {
  named(t, 'b3,b3multi,jaeger');
  const zeros = '0'.repeat(32);
  const garbage = [
    '',
    '0',
    '-',
    ':::',
    '0:0:0:0',
    `x${traceId}-${spanId}-1`,
    `${zeros}-${spanId}-1`,
    'zz:yy:0:1',
    'a'.repeat(10_000),
  ];
  for (const value of [...garbage, [`${traceId}-${spanId}-1`, `${traceId}-${spanId}-1`], `${traceId}-${spanId}-1, x`]) {
    const headers = { b3: value, 'x-b3-traceid': value, 'x-b3-spanid': value, 'uber-trace-id': value };
    assert.equal(readRequest(headers), ROOT, String(value).slice(0, 60));
  }
});

test('of several B3 headers only a word of its own decides about sampling, whatever else stands there', (t) => {
  named(t, 'b3multi');
  const decided = (sampled: string | undefined) => {
    recordSpans(t, readSampler({ OTEL_TRACES_SAMPLER: 'parentbased_always_on' }));
    const headers = { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': sampled };
    const span = startSpan('GET', {}, readRequest(headers)).spanContext();
    trace.disable();
    assert.equal(span.traceId, traceId);
    return span.traceFlags === 1;
  };
  assert.deepEqual(['0', 'false', 'False'].map(decided), [false, false, false]);
  assert.deepEqual([undefined, '', 'banana', '2', '1', 'd', 'true'].map(decided), Array(7).fill(true));
});

test('a name nobody knows changes nothing: HTTP and the API’s propagator go by the same names', (t) => {
  const lines = captureLog(t);
  named(t, 'none,smoke');
  assert.equal(read({ traceparent }), undefined);
  assert.deepEqual(writeRequest(fromTraceContext({ traceparent })), {});
  named(t, 'smoke');
  assert.equal(read({ traceparent }), traceparent);
  assert.equal(lines.length, 2);
});
