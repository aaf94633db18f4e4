import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shower } from '../../local/show.ts';

const show = shower(false);
const line = (level: string) =>
  JSON.stringify({
    timestamp: '2026-11-21T00:00:00Z',
    level,
    message: 'file stored',
    service: 's',
    trace_id: 'abc',
    key: 'a.vtt',
    cues: 2,
  });

test('a function’s warnings and errors are shown, its other lines when all are asked for, with their fields', () => {
  assert.equal(show.functionLine('nedlia-x', line('info')), undefined);
  assert.equal(show.functionLine('nedlia-x', line('warn')), 'nedlia-x warn file stored trace abc');
  assert.equal(
    show.functionLine('nedlia-x', line('info'), true),
    'nedlia-x info file stored key=a.vtt cues=2 trace abc',
  );
  assert.equal(show.functionLine('nedlia-x', 'no JSON'), 'nedlia-x no JSON');
});
