import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choiceNames, readChoices } from '../../lib/choices.ts';

const read = (context: Record<string, unknown>) => readChoices((name) => context[name]);

test('nothing has to be chosen, and an empty choice is none', () => {
  const nothing = { ...Object.fromEntries(choiceNames.map((name) => [name, undefined])), apiOpen: false };
  assert.deepEqual(read({}), nothing);
  const empty = { ...Object.fromEntries(choiceNames.map((name) => [name, ''])), apiOpen: 'false' };
  assert.deepEqual(read(empty), nothing);
});

test('what is chosen is read as it is typed behind -c, and as it stands in cdk.json', () => {
  assert.equal(read({ apiOpen: 'true' }).apiOpen, true);
  assert.equal(read({ apiOpen: true }).apiOpen, true);
  assert.equal(read({ webhookUrl: 'https://hooks.example/x' }).webhookUrl, 'https://hooks.example/x');
});

test('a wrong choice is one line that names it: an API is never open by a slip', () => {
  assert.throws(() => read({ apiOpen: 'yes' }), /^Error: apiOpen must be true or false$/);
  assert.throws(() => read({ webhookUrl: 'hooks.example' }), /^Error: webhookUrl must be a URL \(http, https\)$/);
  assert.throws(() => read({ collector: 'ftp://x' }), /^Error: collector must be fargate, or a URL/);
});
