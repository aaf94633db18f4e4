import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ownCollectorOf, readChoices } from '../../lib/choices.ts';
import { collectorIdle, type prices } from '../../lib/cost.ts';
import { stageOf } from '../../lib/stages.ts';
import { chosen, collectorTask, SECRET } from '../support/collector-task.ts';
import { at, templatesOf, type Templates } from '../support/template.ts';

const root = join(import.meta.dirname, '../..');
const webhookUrl = 'https://hooks.example/nedlia';
const dev = templatesOf('dev', chosen('xray'));
const prod = templatesOf('prod', { ...chosen('xray', 'otlp', 'coralogix'), webhookUrl });
const stages = { dev, prod };

const one = ({ resources }: Templates, type: string) => {
  const [found, ...others] = resources(type);
  assert.ok(found && others.length === 0, `${others.length + 1} of ${type}`);
  return found.properties;
};
/** Whose security group a logical id stands for. */
const kind = (id: string) => /Client|Sender|Balancer|Task|Cluster/.exec(id)?.[0];
const functionsOf = ({ resources }: Templates) =>
  resources('AWS::Lambda::Function').filter(({ properties }) => properties['FunctionName']);

test('there is no Collector unless one is chosen, and stage local cannot have one', () => {
  for (const stage of ['local', 'dev', 'prod'] as const) {
    assert.ok(!stageOf(stage).collector?.deployed);
    assert.deepEqual(templatesOf(stage).resources('AWS::ECS::Service'), []);
  }
  assert.throws(() => templatesOf('local', chosen('xray')), /stage local cannot have a Collector on Fargate/);
});

test('a Collector can be taken away again: the data stack exports the same with and without it', () => {
  for (const [stage, templates] of Object.entries(stages)) {
    const without = templatesOf(stage as 'dev' | 'prod').data.findOutputs('*');
    assert.deepEqual(Object.keys(templates.data.findOutputs('*')).sort(), Object.keys(without).sort());
  }
});

for (const [stage, templates] of Object.entries(stages)) {
  test(`in stage ${stage} every function sends OTLP to the load balancer, from inside the network, and pays no daemon`, () => {
    const endpoint = 'http://CollectorLoadBalancer7F5CCE38:4318';
    for (const { properties } of functionsOf(templates)) {
      const name = String(properties['FunctionName']);
      const variables = at(properties, 'Environment', 'Variables') as Record<string, unknown>;
      assert.equal(variables['OTEL_TRACES_EXPORTER'], 'otlp', name);
      assert.equal(templates.say(variables['OTEL_EXPORTER_OTLP_ENDPOINT']), endpoint, name);
      assert.equal(properties['TracingConfig'], undefined);
      assert.equal(at(properties, 'VpcConfig', 'Ipv6AllowedForDualStack'), true, name);
      const [group] = at(properties, 'VpcConfig', 'SecurityGroupIds') as unknown[];
      const usesDatabase = /api|file-generator|validator|relay|migrate/.test(name);
      assert.match(templates.target(group), usesDatabase ? /Clients/ : /SenderGroup/, name);
    }
  });

  test(`in stage ${stage} spans have one path: functions, load balancer, tasks; nobody from outside, no other port`, () => {
    const rules = templates.resources('AWS::EC2::SecurityGroupIngress').map(({ properties }) => {
      assert.equal(properties['CidrIp'] ?? properties['CidrIpv6'], undefined);
      return `${kind(templates.target(properties['SourceSecurityGroupId']))} → ${kind(templates.target(properties['GroupId']))} ${String(properties['FromPort'])}`;
    });
    assert.deepEqual(rules.sort(), [
      'Balancer → Task 13133',
      'Balancer → Task 4318',
      'Client → Balancer 4318',
      'Client → Cluster 5432',
      'Sender → Balancer 4318',
    ]);
    for (const { properties } of templates.resources('AWS::EC2::SecurityGroup')) {
      assert.equal(properties['SecurityGroupIngress'], undefined);
    }
    assert.equal(one(templates, 'AWS::ElasticLoadBalancingV2::LoadBalancer')['Scheme'], 'internal');
    const network = at(one(templates, 'AWS::ECS::Service'), 'NetworkConfiguration', 'AwsvpcConfiguration');
    assert.equal(at(network, 'AssignPublicIp'), 'DISABLED');
  });

  test(`in stage ${stage} the network gets one NAT gateway and a way out by IPv4, and gives nobody a public address`, () => {
    assert.ok(one(templates, 'AWS::EC2::NatGateway'));
    assert.ok(one(templates, 'AWS::EC2::EIP'));
    for (const { properties } of templates.resources('AWS::EC2::Subnet')) {
      assert.equal(properties['MapPublicIpOnLaunch'], false);
    }
    const byNat = templates.resources('AWS::EC2::Route').filter(({ properties }) => properties['NatGatewayId']);
    assert.deepEqual(
      byNat.map(({ properties }) => properties['DestinationCidrBlock']),
      ['0.0.0.0/0', '0.0.0.0/0'],
    );
  });

  test(`in stage ${stage} the Collector is one pinned image on arm64, as many tasks as the stage says, asked for its health from outside`, () => {
    const definition = one(templates, 'AWS::ECS::TaskDefinition');
    assert.deepEqual([definition['Cpu'], definition['Memory']], ['256', '512']);
    assert.equal(at(definition, 'RuntimePlatform', 'CpuArchitecture'), 'ARM64');
    const { container } = collectorTask(templates);
    assert.match(String(container['Image']), /^otel\/opentelemetry-collector-contrib:\d+\.\d+\.\d+$/);
    assert.equal(container['HealthCheck'], undefined, 'the image has no shell');
    assert.equal(container['ReadonlyRootFilesystem'], true);
    const service = one(templates, 'AWS::ECS::Service');
    assert.equal(service['DesiredCount'], stageOf(stage as 'dev' | 'prod').collector?.tasks);
    assert.deepEqual(at(service, 'DeploymentConfiguration', 'DeploymentCircuitBreaker'), {
      Enable: true,
      Rollback: true,
    });
    const targets = one(templates, 'AWS::ElasticLoadBalancingV2::TargetGroup');
    assert.deepEqual([targets['HealthCheckProtocol'], targets['HealthCheckPort']], ['HTTP', '13133']);
    const logs = templates
      .resources('AWS::Logs::LogGroup')
      .find(({ properties }) => String(properties['LogGroupName']).startsWith('/aws/ecs/'));
    assert.equal(logs?.properties['RetentionInDays'], stageOf(stage as 'dev' | 'prod').logDays);
  });

  test(`the bill of stage ${stage} with a Collector counts what is paid by the hour`, () => {
    const items = collectorIdle[stage as 'dev' | 'prod'];
    const billed = (unit: keyof typeof prices) => (items.find((item) => item.unit === unit)?.quantity ?? 0) / 730;
    const count = (type: string) => templates.resources(`AWS::${type}`).length;
    const tasks = Number(one(templates, 'AWS::ECS::Service')['DesiredCount']);
    assert.equal(billed('hour of a NAT gateway'), count('EC2::NatGateway'));
    assert.equal(billed('hour of a public IPv4 address'), count('EC2::EIP'));
    assert.equal(billed('hour of a network load balancer'), count('ElasticLoadBalancingV2::LoadBalancer'));
    assert.equal(billed('vCPU-hour of Fargate on arm64'), 0.25 * tasks);
    assert.equal(billed('GB-hour of Fargate on arm64'), 0.5 * tasks);
    const alarms =
      count('CloudWatch::Alarm') - templatesOf(stage as 'dev' | 'prod').resources('AWS::CloudWatch::Alarm').length;
    assert.equal(items.find(({ unit }) => unit === 'alarm and month')?.quantity ?? 0, alarms);
  });
}

test('the configuration is the repository’s, file by file, and says nothing that it is not given', () => {
  const { args, env, secrets } = collectorTask(prod);
  const files = args.map((arg) => arg.replace('--config=env:CONFIGURATION_', '').toLowerCase().replaceAll('_', '-'));
  assert.deepEqual(files, ['receive', 'to-xray', 'to-otlp', 'to-otlp-authorized', 'to-coralogix']);
  const read: string[] = [];
  for (const [index, file] of files.entries()) {
    const yaml = readFileSync(join(root, `observability/fargate/${file}.yaml`), 'utf8');
    assert.equal(env[args[index]?.replace('--config=env:', '') ?? ''], yaml);
    read.push(...[...yaml.matchAll(/'[^']*\$\{env:(\w+)\}/g)].map(([, name = '']) => name));
  }
  const given = [...Object.keys(env), ...Object.keys(secrets)].filter((name) => !name.startsWith('CONFIGURATION_'));
  assert.deepEqual(new Set(given), new Set([...read, 'GOMEMLIMIT']));
});

test('the Collector refuses before its task ends for want of memory, whatever limit the container sees', () => {
  const receive = parse(readFileSync(join(root, 'observability/fargate/receive.yaml'), 'utf8')) as unknown;
  const limiter = at(receive, 'processors', 'memory_limiter');
  const task = Number(one(dev, 'AWS::ECS::TaskDefinition')['Memory']);
  assert.equal(at(limiter, 'limit_mib'), 0.75 * task);
  assert.ok(Number(at(limiter, 'spike_limit_mib')) <= 0.2 * Number(at(limiter, 'limit_mib')));
  assert.equal(at(limiter, 'limit_percentage'), undefined, 'a share of what, only the cgroup knows');
});

test('secrets are fields of one secret that ECS reads: the template has their address and nothing else', () => {
  const { secrets } = collectorTask(prod);
  assert.deepEqual(secrets, {
    OTLP_AUTHORIZATION: `${SECRET}:OTLP_AUTHORIZATION::`,
    CORALOGIX_TOKEN: `${SECRET}:CORALOGIX_TOKEN::`,
  });
  assert.deepEqual(collectorTask(dev).secrets, {});
});

/** Policies of AWS's own that the Collector's roles have. */
const managed = (templates: Templates) =>
  templates
    .resources('AWS::IAM::Role')
    .filter(({ id }) => id.startsWith('CollectorTask'))
    .flatMap(({ properties }) => ((properties['ManagedPolicyArns'] ?? []) as unknown[]).map(templates.say));

test('the task may write to X-Ray only if it sends there; ECS may read the one secret and write the one log', () => {
  assert.deepEqual(managed(prod), ['arn:AWS::Partition:iam::aws:policy/AWSXrayWriteOnlyAccess']);
  const elsewhere = templatesOf('dev', { ...chosen('otlp'), collectorSecret: SECRET });
  assert.deepEqual(managed(elsewhere), []);
  const statements = elsewhere
    .resources('AWS::IAM::Policy')
    .filter(({ id }) => id.startsWith('Collector'))
    .flatMap(({ properties }) => at(properties, 'PolicyDocument', 'Statement') as unknown[])
    .map((statement) => [[at(statement, 'Action')].flat(), elsewhere.say(at(statement, 'Resource'))]);
  assert.deepEqual(statements, [
    [['logs:CreateLogStream', 'logs:PutLogEvents'], 'logs /aws/ecs/nedlia-collector'],
    [['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], SECRET],
  ]);
});

test('tasks reach backends on their ports and nothing else', () => {
  const out = prod.resources('AWS::EC2::SecurityGroup').find(({ id }) => id.startsWith('CollectorTaskGroup'))
    ?.properties['SecurityGroupEgress'] as unknown[];
  assert.deepEqual(
    out.map((rule) => [at(rule, 'CidrIp'), at(rule, 'FromPort'), at(rule, 'IpProtocol')]),
    [
      ['0.0.0.0/0', 443, 'tcp'],
      ['0.0.0.0/0', 4318, 'tcp'],
    ],
  );
});

test('what the alarms of the Collector look at is on the dashboard', () => {
  const alarms = prod.resources('AWS::CloudWatch::Alarm');
  const names = new Set(alarms.map(({ properties }) => properties['AlarmName']));
  for (const name of ['nedlia-collector-down', 'nedlia-collector-errors']) assert.ok(names.has(name), name);
  const dashboard = JSON.stringify(prod.resources('AWS::CloudWatch::Dashboard'));
  for (const metric of ['HealthyHostCount', 'CollectorErrors']) assert.ok(dashboard.includes(metric), metric);
});

const ask = (context: Record<string, string>) =>
  ownCollectorOf(
    'dev',
    readChoices((name) => context[name]),
  );

test('what is chosen behind -c is the Collector that is deployed; X-Ray is where it sends unless something else is said', () => {
  const nowhere = { endpoint: undefined, coralogixDomain: undefined, secretArn: undefined };
  assert.equal(ask({}), undefined);
  assert.equal(ask({ collector: 'https://collector.example' }), undefined);
  assert.deepEqual(ask({ collector: 'fargate' }), { to: ['xray'], ...nowhere });
  const whole = { collectorTo: 'otlp, coralogix', collectorEndpoint: 'https://x.example', coralogixDomain: 'EU2' };
  assert.deepEqual(ask({ collector: 'fargate', collectorSecret: SECRET, ...whole }), {
    to: ['otlp', 'coralogix'],
    endpoint: 'https://x.example',
    coralogixDomain: 'eu2.coralogix.com',
    secretArn: SECRET,
  });
});

for (const [context, problem] of [
  [{ collectorTo: 'otlp' }, 'collectorTo is for the Collector on Fargate: it needs collector=fargate'],
  [{ collector: 'fargate', collectorTo: 'otlp' }, 'collectorTo=otlp needs collectorEndpoint'],
  [
    { collector: 'fargate', collectorTo: 'coralogix', coralogixDomain: 'eu2' },
    'collectorTo=coralogix needs coralogixDomain and collectorSecret',
  ],
  [{ collector: 'fargate', collectorTo: 'jaeger' }, 'collectorTo must be a list of xray, otlp, coralogix'],
  [
    { collector: 'fargate', collectorSecret: 'nedlia/collector' },
    'collectorSecret must be the whole ARN of a secret (arn:aws:secretsmanager:…:secret:name-a1B2c3)',
  ],
] as const) {
  test(`a choice that cannot be is one line: ${problem}`, () => {
    assert.throws(() => ask(context), { message: problem });
  });
}
