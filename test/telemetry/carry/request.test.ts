import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpanContext } from '@opentelemetry/api';
import { isSpanContextValid, propagation, trace } from '@opentelemetry/api';
import { readRequest } from '../../../telemetry/carry/request.ts';
import { toTraceContext } from '../../../telemetry/carry/trace-context.ts';
import { readSampler } from '../../../telemetry/sampling/sampler.ts';
import { startSpan } from '../../../telemetry/tracer.ts';
import { recordSpans } from '../../support/spans.ts';
import { ROOT } from '../../../telemetry/carry/root.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
const xray = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8';

const read = (headers: Parameters<typeof readRequest>[0]): SpanContext | undefined =>
  trace.getSpanContext(readRequest(headers));

test('a valid traceparent is continued with its tracestate, whatever X-Ray says beside it', () => {
  const context = readRequest({ traceparent, tracestate: 'a=1', 'x-amzn-trace-id': `${xray};Sampled=0` });
  assert.deepEqual(toTraceContext(context), { traceparent, tracestate: 'a=1' });
});

test('an X-Ray header with Root and Parent is continued where no valid traceparent is', () => {
  for (const garbage of [undefined, 'garbage', ['x', 'y'], `${traceparent}, ${traceparent}`]) {
    const found = read({ traceparent: garbage, 'x-amzn-trace-id': `Self=1-x;${xray};Sampled=1` });
    assert.deepEqual([found?.traceId, found?.spanId], ['5759e988bd862e3fe1be46a994272793', '53995c3f42cd8ad8']);
  }
  assert.equal(read({ 'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793' }), undefined);
});

test('an X-Ray header never decides against sampling: the configured sampler decides, within the same trace', (t) => {
  const sampled = (name: string, header: string) => {
    recordSpans(t, readSampler({ OTEL_TRACES_SAMPLER: name }));
    const span = startSpan('GET', {}, readRequest({ 'x-amzn-trace-id': header })).spanContext();
    trace.disable();
    assert.equal(span.traceId, '5759e988bd862e3fe1be46a994272793');
    return span.traceFlags === 1;
  };
  for (const undecided of [`${xray};Sampled=0`, `${xray};Sampled=?`, xray]) {
    assert.equal(sampled('parentbased_always_on', undecided), true);
    assert.equal(sampled('parentbased_always_off', undecided), false);
  }
  assert.equal(sampled('parentbased_always_off', `${xray};Sampled=1`), true);
});

test('a header that may stand once only is not believed when it stands twice', () => {
  assert.equal(read({ traceparent: [traceparent, traceparent] }), undefined);
  assert.equal(read({ traceparent: [traceparent] })?.traceId, traceId);
  assert.equal(read({ traceparent, tracestate: ['a=1', 'b=2'] })?.traceState?.serialize(), 'a=1,b=2');
});

test('baggage does not come in at a public edge, and no tracestate over 512 bytes', () => {
  const context = readRequest({ traceparent, tracestate: `a=${'x'.repeat(600)}`, baggage: 'a=1' });
  assert.equal(propagation.getBaggage(context), undefined);
  assert.deepEqual(toTraceContext(context), { traceparent });
});

test('100,000 hostile header sets: no exception, a valid context or none, nothing over 512 bytes', () => {
  const pick = random(20_261_121);
  let believed = 0;
  for (let round = 0; round < 100_000; round += 1) {
    const headers = {
      traceparent: hostile(pick, traceparent),
      tracestate: hostile(pick, 'a=1,b@c=x y,d=,=e'),
      'x-amzn-trace-id': hostile(pick, `${xray};Sampled=0;Lineage=1:a:0`),
      baggage: hostile(pick, 'user=secret;prop=1'),
    };
    const context = readRequest(headers);
    const carried = toTraceContext(context);
    if (context === ROOT) continue;
    believed += 1;
    const found = trace.getSpanContext(context);
    assert.ok(found && isSpanContextValid(found), JSON.stringify(headers));
    assert.ok(Buffer.byteLength(`${carried?.traceparent}`) === 55 && !carried?.baggage, JSON.stringify(headers));
    assert.ok(Buffer.byteLength(carried?.tracestate ?? '') <= 512, JSON.stringify(headers));
  }
  assert.ok(believed > 1000 && believed < 99_000, `${believed} were believed`);
});

/** A repeatable source of numbers in [0, 1): mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The value itself, changed in a few places, cut, repeated, doubled, or something else altogether. */
function hostile(pick: () => number, value: string): string | string[] | undefined {
  const position = Math.floor(pick() * value.length);
  const character = '0fFgG-;=,@ \t\u0000\u00e9💥'.charAt(Math.floor(pick() * 14));
  const changed = value.slice(0, position) + character + value.slice(position + (pick() < 0.5 ? 0 : 1));
  const kinds: (() => string | string[] | undefined)[] = [
    () => undefined,
    () => value,
    () => value,
    () => changed,
    () => value.slice(0, position),
    () => value.toUpperCase(),
    () => [value, changed],
    () => [value],
    () => [],
    () => '',
    () => `${value},`.repeat(1 + Math.floor(pick() * 40)),
    () => 'x'.repeat(Math.floor(pick() * 20_000)),
    () => value.replaceAll(/[1-9a-f]/g, '0'),
    () => value.replace('00-', `${character}f-`),
  ];
  return kinds[Math.floor(pick() * kinds.length)]?.();
}
