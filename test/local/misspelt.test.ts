import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misspelt } from '../../local/misspelt.ts';

test('a variable that is nearly a setting is said, with the setting; settings, empty and other ones are not', () => {
  const env = { OTEL_TRACE_EXPORTER: 'otlp', OTEL_TRACES_EXPORTER: 'otlp', TRACE_EDGE: 'link', OTEL_TRACES_SAMPLR: '' };
  assert.deepEqual(misspelt({ ...env, OTEL_SOMETHING_ELSE_ENTIRELY: '1', HOME: '/' }), [
    'OTEL_TRACE_EXPORTER is read by nothing here: did you mean OTEL_TRACES_EXPORTER?',
  ]);
});
