import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCorrelation } from '../../telemetry/correlation.ts';
import { configureLog, log } from '../../telemetry/log.ts';
import { span } from '../../telemetry/span.ts';
import { captureLog } from '../support/log-lines.ts';
import { only, recordSpans } from '../support/spans.ts';

test('a line says when, how bad, what, who, and where in which trace', (t) => {
  const spans = recordSpans(t);
  const lines = captureLog(t);
  configureLog({ service: 'things' });
  withCorrelation({ correlationId: 'order-7' }, () => span('work', () => log.info('made', { count: 2 })));
  const { traceId, spanId } = only(spans.all(), 'work');
  const { timestamp, ...rest } = line(lines, 0);
  assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, {
    level: 'info',
    message: 'made',
    service: 'things',
    trace_id: traceId,
    span_id: spanId,
    trace_flags: '01',
    correlation_id: 'order-7',
    count: 2,
  });
});

test('a line below the level is not written', (t) => {
  const lines = captureLog(t);
  configureLog({ level: 'warn' });
  t.after(() => configureLog({ level: 'info' }));
  for (const write of [log.debug, log.info, log.warn, log.error]) write('x');
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn', 'error'],
  );
});

test('an error prints its type, message and stack, not {}', (t) => {
  const lines = captureLog(t);
  log.error('failed', { error: Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' }) });
  const error = lines[0]?.['error'] as Record<string, string>;
  assert.equal(error['type'], 'EHOSTUNREACH');
  assert.equal(error['message'], 'no route');
  assert.match(error['stack'] ?? '', /log\.test\.ts/);
});

test('what JSON cannot say is said in words, in one line', (t) => {
  const lines = captureLog(t);
  const cycle: Record<string, unknown> = { name: 'round' };
  cycle['self'] = cycle;
  const trap = Object.defineProperty({}, 'x', {
    enumerable: true,
    get: () => {
      throw new Error('trap');
    },
  });
  log.info('odd', { cycle, big: 12n, when: new Date(0), never: new Date(Number.NaN), bytes: Buffer.alloc(3), trap });
  log.info('odder', trap);
  log.info('lines\nof\ntext', {
    map: new Map([['a', 1]]),
    deep: JSON.parse('['.repeat(500) + ']'.repeat(500)) as unknown,
  });
  assert.equal(lines.length, 3);
  const { big, when, never, bytes, trap: trapped } = line(lines, 0);
  assert.deepEqual([big, when, never, trapped], ['12', '1970-01-01T00:00:00.000Z', null, '[unprintable]']);
  assert.match(String(bytes), /3 bytes/);
  assert.equal(lines[1]?.['fields'], '[unprintable]');
  assert.deepEqual(lines[2]?.['map'], { a: 1 });
});

test('a caller cannot pretend to be somebody else, but may say which trace a late line belongs to', (t) => {
  const lines = captureLog(t);
  configureLog({ service: 'things' });
  log.info('true', { message: 'false', level: 'error', service: 'other', trace_id: 'abc' });
  const { message, level, service, trace_id } = line(lines, 0);
  assert.deepEqual([message, level, service, trace_id], ['true', 'info', 'things', 'abc']);
});

test('no secret is printed, wherever it stands', (t) => {
  const lines = captureLog(t);
  log.warn('cannot reach https://user:canary-1@host/x with Bearer canary-2', {
    password: 'canary-3',
    headers: { Authorization: 'canary-4', 'set-cookie': ['canary-5'] },
    DATABASE_URL: 'postgres://u:canary-6@db/x',
    error: new Error('postgres://u:canary-7@db/x?x-amz-signature=canary-8 whsec_canary9'),
  });
  log.warn('x'.repeat(8192 - 12) + 'amqp://u:canary-10@host');
  assert.doesNotMatch(JSON.stringify(lines), /canary|u:can/);
  assert.equal(lines.length, 2);
});

function line(lines: Record<string, unknown>[], index: number): Record<string, unknown> {
  return lines[index] ?? {};
}
