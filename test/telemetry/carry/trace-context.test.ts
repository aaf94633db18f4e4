import assert from 'node:assert/strict';
import { it } from 'node:test';
import { baggageEntryMetadataFromString, propagation } from '@opentelemetry/api';
import type { TraceContext } from '../../../telemetry/carry/trace-context.ts';
import { fromTraceContext, toTraceContext } from '../../../telemetry/carry/trace-context.ts';
import { aTraceparent } from '../../support/records.ts';
import { ROOT } from '../../../telemetry/carry/root.ts';

const roundTrip = (carried: TraceContext) => toTraceContext(fromTraceContext(carried));

it('a context survives being data', () => {
  const carried = { traceparent: aTraceparent(), tracestate: 'a=1,b=2', baggage: 'tenant=blue%20sky;ttl=3,plan=pro' };
  assert.deepEqual(roundTrip(carried), carried);
});

it('no context is no data', () => {
  assert.equal(toTraceContext(ROOT), undefined);
  assert.equal(fromTraceContext(undefined), ROOT);
});

it('an invalid one is as good as absent', () => {
  for (const garbage of [{}, { traceparent: 'x' }, 'text', 7, null, []]) {
    assert.equal(fromTraceContext(garbage as TraceContext), ROOT);
  }
});

it('baggage over 8,192 bytes or 64 members is dropped, and the rest continues', () => {
  const traceparent = aTraceparent();
  const many = Array.from({ length: 65 }, (_, index) => `k${index}=v`).join(',');
  for (const baggage of [`k=${'v'.repeat(8191)}`, many, '=', 'k', 'k=%zz', 'ü=1']) {
    assert.deepEqual(roundTrip({ traceparent, baggage }), { traceparent }, baggage.slice(0, 20));
  }
});

it('baggage with half a character in it is read and written again as U+FFFD, whoever put it there', () => {
  const traceparent = aTraceparent();
  assert.deepEqual(roundTrip({ traceparent, baggage: 'a=1\ud800,b=2' }), { traceparent, baggage: 'a=1%EF%BF%BD,b=2' });
  const own = propagation.createBaggage({ a: { value: '\udc00x' } });
  const context = propagation.setBaggage(fromTraceContext({ traceparent }), own);
  assert.deepEqual(toTraceContext(context), { traceparent, baggage: 'a=%EF%BF%BDx' });
});

it('what of a baggage cannot be written, or would have a queue or a database refuse it, costs only itself', () => {
  const traceparent = aTraceparent();
  const foreign = 'a=1;ttl=3;\u0000;x = 2;y=\ud800,b=2;\n';
  assert.deepEqual(roundTrip({ traceparent, baggage: foreign }), { traceparent, baggage: 'a=1;ttl=3;x = 2,b=2' });
  const metadata = baggageEntryMetadataFromString('good;b\u0000d');
  const throws = {
    toString: () => {
      throw new Error('no');
    },
  };
  const own = propagation.createBaggage({
    'a b,c': { value: '1' },
    'x\r\nevil': { value: '1' },
    hostile: { value: throws as unknown as string },
    good: { value: 'ü', metadata },
  });
  const context = propagation.setBaggage(fromTraceContext({ traceparent }), own);
  assert.deepEqual(toTraceContext(context), { traceparent, baggage: 'good=%C3%BC;good' });
});

it('a baggage key cannot reach an object prototype', () => {
  const carried = { traceparent: aTraceparent(), baggage: '__proto__=evil,constructor=evil' };
  roundTrip(carried);
  assert.equal(({} as Record<string, unknown>)['evil'], undefined);
  assert.equal(Object.keys(Object.prototype).length, 0);
});
