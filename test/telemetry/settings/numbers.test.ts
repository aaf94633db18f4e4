import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readQueueLimits } from '../../../telemetry/export/limits.ts';
import { readOtlp } from '../../../telemetry/export/otlp/otlp.ts';
import { readSpanLimits } from '../../../telemetry/settings/span-limits.ts';
import { captureLog } from '../../support/log-lines.ts';

test('half a millisecond and half a link are one warning each, and the default is used', (t) => {
  const lines = captureLog(t);
  assert.equal(readOtlp({ OTEL_EXPORTER_OTLP_TIMEOUT: '250.5' }, 500).timeoutMillis, 500);
  assert.deepEqual(readSpanLimits({ OTEL_SPAN_LINK_COUNT_LIMIT: '1.5' }), {});
  assert.equal(readQueueLimits({ OTEL_BSP_MAX_QUEUE_SIZE: '10.5' }, true).most, 2048);
  assert.deepEqual(
    lines.map(({ message }) => message),
    [
      'OTEL_EXPORTER_OTLP_TIMEOUT must be a whole number from 1 to 600000; using the default',
      'OTEL_SPAN_LINK_COUNT_LIMIT must be a whole number from 0 to 1000000; using the default',
      'OTEL_BSP_MAX_QUEUE_SIZE must be a whole number from 1 to 100000; using the default',
    ],
  );
});

test('values of no length are a warning that names the variable; no attributes at all are a wish', (t) => {
  const lines = captureLog(t);
  const env = { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '0', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '0' };
  assert.deepEqual(readSpanLimits(env), { attributeCountLimit: 0 });
  assert.equal(lines.length, 1);
  assert.match(lines[0]?.message ?? '', /^OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT must be a whole number from 1 /);
});
