import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { renderTree } from '../../../../telemetry/export/console/tree.ts';
import { receivedSpan, wholeTrace } from '../../../support/traces.ts';

const root = receivedSpan({ name: 'POST /v1/placements', spanId: '1', kind: 'SERVER', startMs: 0, endMs: 245 });

test('children hang below their parents in order of their start, with service, system or target', () => {
  const text = renderTree([
    receivedSpan({ name: 'late', spanId: '4', parentSpanId: '1', startMs: 50, endMs: 1550 }),
    receivedSpan({
      name: 'SELECT nedlia.videos',
      spanId: '3',
      parentSpanId: '2',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'postgresql', 'server.address': '127.0.0.1' },
      startMs: 2,
      endMs: 4.5,
    }),
    receivedSpan({ name: 'placement.create', spanId: '2', parentSpanId: '1', startMs: 1, endMs: 41 }),
    root,
  ]);
  assert.equal(
    text,
    [
      'POST /v1/placements [nedlia-api]           245 ms',
      '├─ placement.create                         40 ms',
      '│  └─ SELECT nedlia.videos [postgresql]    2.5 ms',
      '└─ late                                     1.5 s',
    ].join('\n'),
  );
});

test('a message shows how long it waited, and a failure is said in words, not only in colour', () => {
  const spans = [
    root,
    receivedSpan({
      name: 'process nedlia-validator',
      spanId: '2',
      parentSpanId: '1',
      kind: 'CONSUMER',
      service: 'nedlia-validator',
      attributes: { 'messaging.wait_ms': 12 },
      status: { code: 'ERROR' },
    }),
  ];
  assert.match(
    renderTree(spans),
    /process nedlia-validator \[nedlia-validator\] +1\.0 ms {2}ERROR {2}waited 12 ms in queue/,
  );
  const coloured = renderTree(spans, { colour: true });
  assert.notEqual(coloured, renderTree(spans));
  assert.equal(stripVTControlCharacters(coloured), renderTree(spans));
});

test('a span whose parent did not arrive is shown, marked as torn off', () => {
  assert.match(renderTree([root, receivedSpan({ name: 'orphan', spanId: '9', parentSpanId: 'gone' })]), /^… orphan/m);
});

test('every span of a trace is shown once', () => {
  const spans = wholeTrace();
  assert.equal(renderTree(spans).split('\n').length, spans.length);
});
