import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicText } from '../../../telemetry/safe/url.ts';
import { growth } from '../../support/cpu.ts';

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

test('characters that nearly are addresses take time as they are many, not as the square of it', () => {
  for (const piece of ['a', 'a.', 'a:', 'a,', 'a:,', '/:', 'a://', 'a@', ':']) {
    const grown = growth((times) => publicText(`${piece.repeat((times * 50_000) / piece.length)}?`));
    assert.ok(grown < 8, `${piece} ${grown}`);
  }
});
