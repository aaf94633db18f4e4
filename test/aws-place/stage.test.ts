import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { findAwsStage } from '../support/aws-stage.ts';
import { fakeCloudFormation, type FakeStack } from '../support/fake-cloudformation.ts';

const OUTPUTS = { ApiUrl: 'https://a.execute-api.eu-central-1.amazonaws.com/v/', ApiCallers: 'iam' };
const whole = (outputs: Record<string, string> = OUTPUTS) => ({ 'nedlia-dev-data': {}, 'nedlia-dev': { outputs } });

async function find(t: TestContext, NEDLIA_STAGE: string, stacks: Record<string, FakeStack>) {
  await fakeCloudFormation(t, () => stacks);
  const client = new CloudFormationClient({ maxAttempts: 1 });
  t.after(() => client.destroy());
  return findAwsStage({ NEDLIA_STAGE }, client);
}

test('a stage that is named and deployed is taken, with its outputs', async (t) => {
  const found = await find(t, 'dev', whole());
  assert.deepEqual(found, { stage: 'dev', region: 'eu-central-1', outputs: OUTPUTS });
});

const refused: [promise: string, stage: string, stacks: Record<string, FakeStack>, why: RegExp][] = [
  ['none is taken unasked', '', whole(), /^no stage is named.*NEDLIA_STAGE=dev npm run test:aws$/],
  ['an unknown one is not guessed', 'staging', whole(), /^there is no stage "staging"/],
  ['the one of this machine is not on AWS', 'local', whole(), /npm run localstack/],
  ['one that keeps its data is spared', 'prod', whole(), /^stage prod keeps its data/],
  ['it has to be deployed', 'dev', {}, /^nedlia-dev-data is not in eu-central-1: npm run deploy/],
  ['both of its stacks', 'dev', { 'nedlia-dev-data': {} }, /^nedlia-dev is not in eu-central-1/],
  [
    'nothing may be under way',
    'dev',
    { ...whole(), 'nedlia-dev': { status: 'UPDATE_IN_PROGRESS' } },
    /^nedlia-dev is UPDATE_IN_PROGRESS/,
  ],
  ['an open API only links', 'dev', whole({ ...OUTPUTS, ApiCallers: 'anybody' }), /is open \(apiOpen\)/],
];

for (const [promise, stage, stacks, why] of refused) {
  test(`refused in one line: ${promise}`, (t) =>
    assert.rejects(find(t, stage, stacks), ({ message }: Error) => {
      assert.match(message, why);
      assert.doesNotMatch(message, /\n/);
      return true;
    }));
}
