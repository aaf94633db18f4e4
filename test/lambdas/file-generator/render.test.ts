import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { MAX_MS } from '../../../core/placement.ts';
import { render } from '../../../lambdas/file-generator/render.ts';

const createdAt = new Date(0);
const placement = { id: 'pl-1', videoId: 'vi-1', productId: 'pr-1', startMs: 12_500, endMs: 20_000, createdAt };
const product = { id: 'pr-1', name: 'A cup', createdAt };

test('a placement is a WebVTT metadata track with one cue, its payload JSON', () => {
  assert.equal(
    render(placement, product).content,
    `WEBVTT

pl-1
00:00:12.500 --> 00:00:20.000
{"placement_id":"pl-1","video_id":"vi-1","product":{"id":"pr-1","name":"A cup"},"start_time":12.5,"end_time":20}
`,
  );
});

test('the same placement and product always give the same bytes, whenever they were made', () => {
  const later = new Date();
  assert.deepEqual(
    render(placement, product),
    render({ ...placement, createdAt: later }, { ...product, createdAt: later }),
  );
});

test('the key is the placement and what the file holds', () => {
  const { content, sha256, key } = render(placement, product);
  assert.equal(sha256, createHash('sha256').update(content).digest('hex'));
  assert.equal(key, `placements/pl-1/${sha256}.vtt`);
  assert.notEqual(render(placement, { ...product, name: 'A mug' }).key, key);
});

const times = (startMs: number, endMs: number) =>
  render({ ...placement, startMs, endMs }, product).content.split('\n')[3];

test('times reach from nothing to seven days, to the millisecond', () => {
  assert.equal(times(0, 1), '00:00:00.000 --> 00:00:00.001');
  assert.equal(times(59_999, 60_000), '00:00:59.999 --> 00:01:00.000');
  assert.equal(times(3_599_999, 3_600_000), '00:59:59.999 --> 01:00:00.000');
  assert.equal(times(99 * 3_600_000, MAX_MS), '99:00:00.000 --> 168:00:00.000');
});

for (const name of [
  'an --> arrow',
  'two\n\nlines',
  'carriage\r\rreturns',
  'separators \u2028\u2028 and \u2029',
  '<v Voice>tags</v> & &amp; entities',
  '"quotes" and \\ backslashes',
  'a lone surrogate \ud800',
  'a NUL \0',
  'Ünïcödé 🎬',
  'WEBVTT\n\nNOTE',
]) {
  test(`a product named ${JSON.stringify(name)} cannot break out of its cue, and reads back unchanged`, () => {
    const { content } = render(placement, { ...product, name });
    const lines = content.split(/\r\n|\n|\r/);
    assert.equal(lines.length, 6);
    const payload = lines[4] ?? '';
    assert.doesNotMatch(payload, /-->|[<>&\u2028\u2029]/);
    assert.equal((JSON.parse(payload) as { product: { name: string } }).product.name, name);
  });
}
