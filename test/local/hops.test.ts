import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { missingHops, REQUIRED } from '../../local/hops.ts';
import { wholeTrace } from '../support/traces.ts';

test('the picture in the documentation is what is waited for', async () => {
  const overview = await readFile('docs/overview.md', 'utf8');
  const [, picture = ''] = /```text\n(POST \/v1\/placements[^`]*)```/.exec(overview) ?? [];
  const outline = picture
    .replaceAll(/[│├└─]| \[[^\]]*\]/g, ' ')
    .replaceAll(/^( *)(.*?) *$/gm, (_, indent: string, name: string) => '  '.repeat(indent.length / 3) + name);
  assert.deepEqual(outline.trim().split('\n'), REQUIRED.trim().split('\n'));
});

test('a whole trace lacks nothing', () => {
  assert.deepEqual(missingHops(wholeTrace()), []);
});

test('an empty trace lacks every hop, from the root on', () => {
  assert.equal(missingHops([])[0], 'POST /v1/placements');
});

test('whichever span is missing, it is named with its path, and so is all that hangs below it', () => {
  const spans = wholeTrace();
  for (const lost of spans) {
    const missing = missingHops(spans.filter((span) => span !== lost));
    assert.ok(
      missing.some((hop) => hop.endsWith(lost.name)),
      `${lost.name} was not missed`,
    );
  }
});

test('a span under the wrong parent does not count', () => {
  const spans = wholeTrace();
  const root = spans[0]?.spanId;
  const moved = spans.map((span) => (span.name === 'S3.PutObject' ? { ...span, parentSpanId: root } : span));
  assert.deepEqual(
    missingHops(moved).map((hop) => hop.split(' → ').at(-1)),
    ['S3.PutObject'],
  );
});
