import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkClock, watchClocks } from '../../../telemetry/doctor/clock.ts';
import { checkPropagation } from '../../../telemetry/doctor/propagation.ts';

const names = ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'xray-lambda'];

test('a context comes back from every carrier and every propagator', () => {
  const checks = checkPropagation(names);
  assert.deepEqual(
    checks.filter(({ ok }) => !ok),
    [],
  );
  const carriers = new Set(checks.map(({ carrier }) => carrier));
  for (const name of [
    'event _trace',
    'message attributes',
    'CloudEvents traceparent',
    'HTTP traceparent',
    'AWSTraceHeader',
    'propagator b3multi',
  ])
    assert.ok(carriers.has(name), name);
});

test('a carrier that loses the context is named, with a cause and a remedy', (t) => {
  t.mock.method(JSON, 'parse', () => ({}));
  const failed = checkPropagation(['b3']).filter(({ ok }) => !ok);
  assert.deepEqual(
    failed.map(({ carrier }) => carrier),
    ['event _trace', 'CloudEvents traceparent', 'detail.metadata', 'SNS envelope'],
  );
  assert.match(failed[0]?.diagnosis?.cause ?? '', /did not come out/);
});

const answered = (aheadMs: number) => {
  const ours = Date.now();
  const date = { ours, theirs: ours - 500 - aheadMs };
  return [{ exporter: 'otlp', target: 'http://b', state: 'accepted' as const, tookMs: 1, traceId: '1', date }];
};

test('a clock that is off is told, with how far and in which direction', () => {
  assert.deepEqual(checkClock([], 0), { state: 'unknown', jumpedMs: 0 });
  assert.equal(checkClock(answered(1400), 0).state, 'ok');
  const ahead = checkClock(answered(65_000), 0);
  assert.deepEqual([ahead.state, ahead.diagnosis?.cause], ['off', "this clock is 65.0 s ahead of the backend's"]);
  assert.match(ahead.diagnosis?.remedy ?? '', /tail sampling/);
  assert.match(checkClock(answered(-3000), 0).diagnosis?.cause ?? '', /3\.0 s behind/);
});

test('a clock that is set meanwhile is told', () => {
  let wall = 1000;
  const jumped = watchClocks(
    () => wall,
    () => 0,
  );
  wall = 4000;
  assert.equal(jumped(), 3000);
  assert.equal(checkClock(answered(0), 3000).state, 'off');
});
