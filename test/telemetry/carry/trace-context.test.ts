import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { TraceContext } from '../../../telemetry/carry/trace-context.ts';
import { fromTraceContext, toTraceContext } from '../../../telemetry/carry/trace-context.ts';
import { aTraceparent } from '../../support/records.ts';

const roundTrip = (carried: TraceContext) => toTraceContext(fromTraceContext(carried));

it('a context survives being data', () => {
  const carried = { traceparent: aTraceparent(), tracestate: 'a=1,b=2', baggage: 'tenant=blue%20sky;ttl=3,plan=pro' };
  assert.deepEqual(roundTrip(carried), carried);
});

it('no context is no data', () => {
  assert.equal(toTraceContext(ROOT_CONTEXT), undefined);
  assert.equal(fromTraceContext(undefined), ROOT_CONTEXT);
});

it('an invalid one is as good as absent', () => {
  for (const garbage of [{}, { traceparent: 'x' }, 'text', 7, null, []]) {
    assert.equal(fromTraceContext(garbage as TraceContext), ROOT_CONTEXT);
  }
});

it('baggage over 8,192 bytes or 64 members is dropped, and the rest continues', () => {
  const traceparent = aTraceparent();
  const many = Array.from({ length: 65 }, (_, index) => `k${index}=v`).join(',');
  for (const baggage of [`k=${'v'.repeat(8191)}`, many, '=', 'k', 'k=%zz', 'ü=1']) {
    assert.deepEqual(roundTrip({ traceparent, baggage }), { traceparent }, baggage.slice(0, 20));
  }
});

it('a baggage key cannot reach an object prototype', () => {
  const carried = { traceparent: aTraceparent(), baggage: '__proto__=evil,constructor=evil' };
  roundTrip(carried);
  assert.equal(({} as Record<string, unknown>)['evil'], undefined);
  assert.equal(Object.keys(Object.prototype).length, 0);
});
