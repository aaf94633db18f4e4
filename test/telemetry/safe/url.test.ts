import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicText } from '../../../telemetry/safe/url.ts';

test('addresses in a text lose their credentials and parameters, with and without a scheme, however they begin', () => {
  for (const address of [
    'http://user:hunter2@db.example',
    'user:hunter2@db.example',
    ':hunter2@db.example',
    'a,user:hunter2@db.example',
    'a:user:hunter2@db.example',
    `user:${'p'.repeat(900)}hunter2@db.example`,
    `${'u'.repeat(1500)}:hunter2@db.example`,
    `${'s'.repeat(40)}://user:hunter2@db.example`,
    'http://db.example/?key=hunter2',
  ])
    assert.doesNotMatch(publicText(`asked ${address} twice`), /hunter2|ppp/, address);
});

test('100,000 characters that nearly are addresses cost no time', () => {
  for (const piece of ['a', 'a.', 'a:', 'a,', 'a:,', '/:', 'a://', 'a@', ':']) {
    const began = performance.now();
    publicText(`${piece.repeat(100_000 / piece.length)}?`);
    const took = performance.now() - began;
    assert.ok(took < 500, `${piece} ${Math.round(took)} ms`);
  }
});
