import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeCdk } from '../support/fake-cdk.ts';
import { fakeCloudFormation } from '../support/fake-cloudformation.ts';
import { runWord } from '../support/word.ts';

const outputs = {
  'nedlia-dev-data': { BucketName: 'files' },
  'nedlia-dev': {
    ApiUrl: 'https://abc.execute-api.eu-central-1.amazonaws.com/dev/',
    DashboardUrl: 'https://dashboard',
  },
};

test('both stacks of stage dev are deployed, asking nothing, and what comes next is said', async (t) => {
  const cdk = fakeCdk({ outputs });
  const { env } = await fakeCloudFormation(t, () => ({ CDKToolkit: {} }));
  const { code, stdout, stderr } = await runWord('deploy', [], { ...env, ...cdk.env });
  assert.deepEqual([code, stderr], [0, '']);
  const [call = [], ...others] = cdk.calls();
  assert.equal(others.length, 0, 'it is bootstrapped already');
  assert.deepEqual(call.slice(0, 4), ['deploy', '--all', '--require-approval', 'never']);
  assert.deepEqual(call.slice(-2), ['--context', 'stage=dev']);
  assert.match(stdout, /deploy stage dev to eu-central-1/);
  assert.match(stdout, /--aws-sigv4 aws:amz:eu-central-1:execute-api/);
  assert.match(stdout, /https:\/\/abc\.execute-api\.eu-central-1\.amazonaws\.com\/dev\/v1\/placements/);
  assert.match(stdout, /^https:\/\/dashboard$/m);
  assert.match(stdout, /about \$4\.95 a month; \$1\.55 while the account's free tiers are left/);
  assert.doesNotMatch(stdout, /WARNING/);
});

test('the trace of the placement can be looked up before it is sent', async (t) => {
  const cdk = fakeCdk({ outputs });
  const { env } = await fakeCloudFormation(t, () => ({ CDKToolkit: {} }));
  const { stdout } = await runWord('deploy', [], { ...env, ...cdk.env });
  const traceId = /traceparent: 00-([0-9a-f]{32})-[0-9a-f]{16}-01/.exec(stdout)?.[1] ?? '';
  assert.ok(stdout.includes(`#xray:traces/1-${traceId.slice(0, 8)}-${traceId.slice(8)}\n`));
  const madeAt = Number.parseInt(traceId.slice(0, 8), 16) * 1000;
  assert.ok(Math.abs(Date.now() - madeAt) < 60_000, 'X-Ray takes ids that begin with their time');
});

test('an account that was never bootstrapped is bootstrapped first', async (t) => {
  const cdk = fakeCdk({ outputs });
  const { env } = await fakeCloudFormation(t, () => ({}));
  const { code } = await runWord('deploy', [], { ...env, ...cdk.env });
  assert.equal(code, 0);
  assert.deepEqual(
    cdk.calls().map(([word]) => word),
    ['bootstrap', 'deploy'],
  );
});

test('settings are handed on; prod asks before permissions are widened, unless told not to', async (t) => {
  const { env } = await fakeCloudFormation(t, () => ({ CDKToolkit: {} }));
  const asking = fakeCdk({ outputs });
  const settings = ['-c', 'webhookUrl=https://hooks.example/a=b', '--context', 'alarmEmail=a@example.com'];
  await runWord('deploy', ['--stage', 'prod', ...settings], { ...env, ...asking.env });
  const [call = []] = asking.calls();
  assert.equal(call[call.indexOf('--require-approval') + 1], 'broadening');
  const given = call.filter((_, index) => call[index - 1] === '--context');
  assert.deepEqual(given, ['webhookUrl=https://hooks.example/a=b', 'alarmEmail=a@example.com', 'stage=prod']);

  const certain = fakeCdk({ outputs });
  const args = ['--stage', 'prod', '--yes', '-c', 'webhookUrl=https://hooks.example'];
  const { stdout } = await runWord('deploy', args, { ...env, ...certain.env });
  assert.ok(certain.calls()[0]?.includes('never'));
  assert.match(stdout, /WARNING: nobody hears the alarms/);
});

test('stage prod is refused before anything is deployed while nobody said where webhooks go', async (t) => {
  const cdk = fakeCdk({ outputs });
  const { env } = await fakeCloudFormation(t, () => ({ 'nedlia-prod': {} }));
  const { code, stderr } = await runWord('deploy', ['--stage', 'prod', '--yes'], { ...env, ...cdk.env });
  assert.equal(code, 64);
  assert.match(stderr, /^nedlia: stage prod needs to know where webhooks go: -c webhookUrl=https:\/\/…\n/);
  assert.deepEqual(cdk.calls(), [], 'not even bootstrapped');
});

test('a deployed stage that was told by a parameter where webhooks go still knows', async (t) => {
  for (const status of ['CREATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE']) {
    const cdk = fakeCdk({ outputs });
    const stacks = { CDKToolkit: {}, 'nedlia-prod': { status, parameters: ['WebhookUrl'] } };
    const { env } = await fakeCloudFormation(t, () => stacks);
    const { code, stderr } = await runWord('deploy', ['--stage', 'prod', '--yes'], { ...env, ...cdk.env });
    assert.deepEqual([code, stderr], [0, ''], status);
  }
});

test('a stage whose stack never stood keeps no parameter: it is refused as one that is not there', async (t) => {
  for (const status of ['REVIEW_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_IN_PROGRESS']) {
    const cdk = fakeCdk({ outputs });
    const stacks = { CDKToolkit: {}, 'nedlia-prod': { status, parameters: ['WebhookUrl'] } };
    const { env } = await fakeCloudFormation(t, () => stacks);
    const { code, stderr } = await runWord('deploy', ['--stage', 'prod', '--yes'], { ...env, ...cdk.env });
    assert.deepEqual([code, cdk.calls()], [64, []], status);
    assert.match(stderr, /^nedlia: stage prod needs to know where webhooks go/);
  }
});

test('an API open to anybody is warned of, and its commands are not signed', async (t) => {
  const cdk = fakeCdk({ outputs: { ...outputs, 'nedlia-dev': { ...outputs['nedlia-dev'], ApiCallers: 'anybody' } } });
  const { env } = await fakeCloudFormation(t, () => ({ CDKToolkit: {} }));
  const { stdout } = await runWord('deploy', ['-c', 'apiOpen=true'], { ...env, ...cdk.env });
  assert.match(stdout, /WARNING: the API is open to anybody/);
  assert.doesNotMatch(stdout, /sigv4|traceparent/);
  assert.match(stdout, /Server-Timing/);
});

test('with a Collector the bill says what it is of it, and the trace is where the Collector sends it', async (t) => {
  const cdk = fakeCdk({ outputs });
  const { env } = await fakeCloudFormation(t, () => ({ CDKToolkit: {} }));
  const settings = ['-c', 'collector=fargate', '-c', 'collectorTo=otlp', '-c', 'collectorEndpoint=https://x.example'];
  const { code, stdout } = await runWord('deploy', settings, { ...env, ...cdk.env });
  assert.equal(code, 0);
  assert.match(stdout, /about \$65\.08 a month, \$60\.13 of it for the Collector and its NAT gateway; \$61\.68 while/);
  assert.match(stdout, /^# Its trace, where the Collector sends it: [0-9a-f]{32}$/m);
  assert.doesNotMatch(stdout, /xray:traces/);
});

test('a collector that is X-Ray itself has the trace in X-Ray, another one elsewhere', async (t) => {
  const { env } = await fakeCloudFormation(t, () => ({ CDKToolkit: {} }));
  for (const [collector, inXRay] of [
    ['https://xray.eu-central-1.amazonaws.com', true],
    ['https://collector.example', false],
  ] as const) {
    const cdk = fakeCdk({ outputs });
    const { stdout } = await runWord('deploy', ['-c', `collector=${collector}`], { ...env, ...cdk.env });
    assert.equal(stdout.includes('#xray:traces/1-'), inXRay, collector);
  }
});

test('a deployment that fails ends in one line, and promises nothing', async (t) => {
  const cdk = fakeCdk({ code: 1 });
  const { env } = await fakeCloudFormation(t, () => ({ CDKToolkit: {} }));
  const { code, stdout, stderr } = await runWord('deploy', [], { ...env, ...cdk.env });
  assert.deepEqual([code, stderr], [1, 'nedlia: cdk deploy ended with 1; it says why above\n']);
  assert.doesNotMatch(stdout, /is deployed|curl/);
});

test('without credentials one line says so, before anything is built', async () => {
  const cdk = fakeCdk();
  const { code, stdout, stderr } = await runWord('deploy', [], { ...cdk.env, AWS_REGION: 'eu-central-1' });
  assert.deepEqual([code, stdout, cdk.calls()], [1, '', []]);
  assert.match(stderr, /^nedlia: there are no AWS credentials: .+\n$/);
});

const wrong: [promise: string, args: string[], says: RegExp][] = [
  [
    'stage local is not for AWS',
    ['--stage', 'local'],
    /^nedlia: stage local is for this machine: .*npm run localstack/,
  ],
  ['a stage there is not is refused', ['--stage', 'qa'], /^nedlia: there is no stage "qa"; there is: dev, prod/],
  ['a setting has to have a value', ['-c', 'apiOpen'], /^nedlia: --context takes key=value, not apiOpen/],
  [
    'a misspelt setting is refused',
    ['-c', 'alarmMail=a@example.com'],
    /^nedlia: there is no setting alarmMail; there is: /,
  ],
  [
    'a Collector that lacks what it needs is refused before anything is built',
    ['-c', 'collector=fargate', '-c', 'collectorTo=coralogix'],
    /^nedlia: collectorTo=coralogix needs coralogixDomain and collectorSecret/,
  ],
  ['an option has to be one that there is', ['--force'], /^nedlia: .*--force/],
];
for (const [promise, args, says] of wrong) {
  test(promise, async () => {
    const { code, stderr } = await runWord('deploy', args);
    assert.equal(code, 64);
    assert.match(stderr, says);
    assert.match(stderr, /--stage <stage>/);
  });
}
