import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wildcards } from '../../lib/acknowledged.ts';
import { stages, type StageName } from '../../lib/stages.ts';
import { at, templatesOf, type Templates } from '../support/template.ts';

interface Permission {
  actions: string[];
  resources: string[];
}

/** What a role may do, by its own policies: statement by statement. */
function permissionsOf({ resources, say, target }: Templates, role: unknown): Permission[] {
  return resources('AWS::IAM::Policy')
    .filter(({ properties }) => target(at(properties, 'Roles', 0)) === target(role))
    .flatMap(({ properties }) => at(properties, 'PolicyDocument', 'Statement') as unknown[])
    .map((statement) => {
      assert.equal(at(statement, 'Effect'), 'Allow');
      const list = (name: string) => [at(statement, name)].flat();
      return { actions: list('Action').map(String), resources: list('Resource').map(say) };
    });
}

const lines = (permissions: Permission[]) =>
  permissions.flatMap(({ actions, resources }) =>
    actions.flatMap((action) => resources.map((resource) => `${action} ${resource}`)),
  );

const logs = (name: string) =>
  ['CreateLogStream', 'PutLogEvents'].map((action) => `logs:${action} logs /aws/lambda/${name}`);
const work = ['ReceiveMessage', 'ChangeMessageVisibility', 'GetQueueUrl', 'DeleteMessage', 'GetQueueAttributes'];
const worker = (name: string) => [
  ...work.map((action) => `sqs:${action} queue ${name}`),
  `sqs:SendMessage queue ${name}-dlq`,
];
const reads = (secret: string) =>
  ['GetSecretValue', 'DescribeSecret'].map((action) => `secretsmanager:${action} ${secret}`);
const speaker = ['sqs:SendMessage queue nedlia-relay', 'events:PutEvents bus nedlia-events'];
const inNetwork = wildcards.network.actions.map((action) => `${action} *`);
const signsInAs = (user: string) =>
  `rds-db:connect arn:AWS::Partition:rds-db:AWS::Region:AWS::AccountId:dbuser:cluster/${user}`;

function expected(stage: StageName): Record<string, string[]> {
  const onAws = stages[stage].aurora !== undefined;
  const database = onAws ? [...inNetwork, signsInAs('nedlia')] : [];
  return {
    'nedlia-api': [...speaker, 'sqs:SendMessage queue nedlia-file-generator', ...database],
    'nedlia-file-generator': [
      ...worker('nedlia-file-generator'),
      ...speaker,
      's3:PutObject bucket/placements/*',
      ...database,
    ],
    'nedlia-validator': [...worker('nedlia-validator'), ...speaker, ...database],
    'nedlia-notifier': [...worker('nedlia-notifier'), ...(onAws ? reads('secret') : [])],
    'nedlia-relay': [
      ...worker('nedlia-relay'),
      'events:PutEvents bus nedlia-events',
      'sqs:SendMessage queue nedlia-file-generator',
      ...database,
    ],
    'nedlia-migrate': onAws ? [...inNetwork, ...reads('cluster'), signsInAs('nedlia_owner')] : [],
    ...(stages[stage].receivesWebhooks && { 'nedlia-receiver': reads('secret') }),
  };
}

for (const stage of ['local', 'dev', 'prod'] as const) {
  const templates = templatesOf(stage);
  const functions = templates
    .resources('AWS::Lambda::Function')
    .map(({ properties }) => ({ name: properties['FunctionName'] as string | undefined, role: properties['Role'] }));

  test(`in stage ${stage} each function may do what it does, and nothing else`, () => {
    const found = functions.flatMap(({ name, role }) =>
      name ? [[name, lines(permissionsOf(templates, role)).sort()] as const] : [],
    );
    const whole = Object.entries(expected(stage)).map(([name, may]) => [name, [...may, ...logs(name)].sort()] as const);
    assert.deepEqual(Object.fromEntries(found), Object.fromEntries(whole));
  });

  test(`in stage ${stage} whoever is told where the bus or a queue is may put something there`, () => {
    for (const { properties } of templates.resources('AWS::Lambda::Function')) {
      const variables = Object.entries((at(properties, 'Environment', 'Variables') ?? {}) as Record<string, unknown>);
      const may = lines(permissionsOf(templates, properties['Role']));
      const needs = variables.flatMap(([name, value]) => [
        ...(name === 'EVENT_BUS_NAME' ? [`events:PutEvents ${templates.say(value)}`] : []),
        ...(name.endsWith('QUEUE_URL') && name !== 'QUEUE_URL' ? [`sqs:SendMessage ${templates.say(value)}`] : []),
      ]);
      const missing = needs.filter((need) => !may.includes(need));
      assert.deepEqual(missing, [], String(properties['FunctionName']));
    }
  });

  test(`in stage ${stage} the only policies of AWS's own are X-Ray's and API Gateway's, each where it is needed`, () => {
    const managed = templates
      .resources('AWS::IAM::Role')
      .flatMap(({ properties }) => ((properties['ManagedPolicyArns'] ?? []) as unknown[]).map(templates.say))
      .map((arn) => arn.replace(/.*:policy\//, ''));
    const onAws = stage !== 'local';
    const traced = functions.filter(({ name }) => name).length;
    assert.deepEqual(
      managed.sort(),
      onAws
        ? [
            ...Array.from({ length: traced }, () => 'AWSXRayDaemonWriteAccess'),
            'service-role/AmazonAPIGatewayPushToCloudWatchLogs',
          ].sort()
        : [],
    );
  });

  test(`in stage ${stage} no action is a wildcard, and a resource is one only where the list says why`, () => {
    const all = templates.resources('AWS::IAM::Role').flatMap(({ id }) => permissionsOf(templates, { Ref: id }));
    assert.deepEqual(
      lines(all).filter((line) => line.split(' ')[0]?.includes('*')),
      [],
    );
    const vague = lines(all).filter((line) => line.includes('*'));
    const known = Object.values(wildcards).flatMap(({ actions, resource }) =>
      actions.map((action) => `${action} ${resource}`),
    );
    assert.deepEqual(
      vague.filter((line) => !known.includes(line)),
      [],
    );
    if (stage !== 'local') assert.deepEqual([...new Set(vague)].sort(), known.sort());
  });
}

/** X-Ray's policies, one per role that has one, where traces go to this collector. */
const policiesWith = (collector: string) =>
  templatesOf('dev', { collector })
    .resources('AWS::IAM::Role')
    .flatMap(({ properties }) => JSON.stringify(properties['ManagedPolicyArns'] ?? []).match(/AWSXray\w+/gi) ?? []);

test('functions whose collector is X-Ray itself may write there, and those with another may not', () => {
  const traced = templatesOf('dev')
    .resources('AWS::Lambda::Function')
    .filter(({ properties }) => properties['FunctionName']).length;
  const writes = Array.from({ length: traced }, () => 'AWSXrayWriteOnlyAccess');
  assert.deepEqual(policiesWith('https://xray.eu-central-1.amazonaws.com'), writes);
  assert.deepEqual(policiesWith('https://collector.example'), []);
});
