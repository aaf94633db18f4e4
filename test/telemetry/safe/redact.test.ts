import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact } from '../../../telemetry/safe/redact.ts';
import { growth } from '../../support/cpu.ts';

const token = `Bearer ${'t'.repeat(1500)}`;
const url = 'postgres://admin:hunter2secret-and-more@db.example/nedlia';

test('no half of a credential stays, wherever the text is cut', () => {
  const text = `${token} ${'filler '.repeat(70)}${url} ${'x'.repeat(3000)}`;
  const at = text.indexOf('hunter2');
  assert.ok(at > 1900 && at < 2048);
  for (let length = Math.floor(at / 2) - 20; length < at / 2 + 40; length++) {
    assert.doesNotMatch(redact(text, length), /hunter|secret|and-more|ttt/, `cut to ${length}`);
  }
});

test('a credential longer than what is searched does not stay either', () => {
  assert.equal(redact(`postgres://admin:${'p'.repeat(500)}@db.example`, 40), 'postgres://***');
});

test('a text that ends by itself keeps its address, and one that is cut in its path too', () => {
  assert.equal(redact('asked http://collector.example:4318', 100), 'asked http://collector.example:4318');
  const path = `http://collector.example/${'p'.repeat(100)}`;
  assert.equal(redact(path, 40), path.slice(0, 40));
});

test('credentials go to their last @', () => {
  assert.equal(redact('postgres://admin:p@ss@db.example/nedlia', 100), 'postgres://***@db.example/nedlia');
});

test('characters that nearly are credentials take time as they are many, not as the square of it', () => {
  for (const piece of ['://', '://a', 'bearer ', 'a@', '://a:b', 'x-amz-credential=']) {
    const grown = growth((times) => redact(piece.repeat(times * 100_000), times * 50_000));
    assert.ok(grown < 8, `${piece} ${grown}`);
  }
});
