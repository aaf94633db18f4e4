import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { readEnv } from '../../core/env.ts';
import { env as receiverEnv } from '../../lambdas/receiver/env.ts';
import { contracts } from '../support/contracts.ts';
import { at, templatesOf, type Templates } from '../support/template.ts';

const dev = templatesOf('dev');
const prod = templatesOf('prod', { webhookUrl: 'https://hooks.example/nedlia', alarmEmail: 'on-call@example.com' });
const stages = { dev, prod };

const withDatabase = new Set(
  ['api', 'file-generator', 'migrate', 'relay', 'validator'].map((name) => `nedlia-${name}`),
);

const functionsOf = ({ resources }: Templates) =>
  resources('AWS::Lambda::Function').filter(({ properties }) => properties['FunctionName']);
const only = ({ resources }: Templates, type: string) => {
  const [found, ...others] = resources(type);
  assert.ok(found && others.length === 0, type);
  return found.properties;
};

/** What CloudFormation will put there, as far as a contract looks at it. */
function valueOf({ say }: Templates, value: unknown): string {
  const said = say(value);
  if (said.startsWith('queue ')) return `https://sqs.example/${said.slice(6)}`;
  return said === 'secret' || said === 'cluster' ? `arn:aws:secretsmanager:eu-central-1:1:secret:${said}` : said;
}

for (const [stage, templates] of Object.entries(stages)) {
  for (const { properties } of functionsOf(templates)) {
    const name = String(properties['FunctionName']);
    const variables = Object.fromEntries(
      Object.entries(at(properties, 'Environment', 'Variables') as object).map(([key, value]) => [
        key,
        // The receiver's address is only known once it is there.
        key === 'WEBHOOK_URL' && stage === 'dev' ? 'https://receiver.example/' : valueOf(templates, value),
      ]),
    );

    test(`in stage ${stage} ${name} starts with the environment it is given, and is given nothing it does not read`, () => {
      const contract = contracts[name];
      assert.ok(contract);
      assert.doesNotThrow(() => readEnv(contract, variables));
      const unread = Object.keys(variables).filter((key) => !(key in contract.entries) && !key.startsWith('OTEL_'));
      assert.deepEqual(unread, withDatabase.has(name) ? ['AWS_USE_DUALSTACK_ENDPOINT', 'NODE_OPTIONS'] : []);
    });

    test(`in stage ${stage} ${name} hands its spans to the daemon that Lambda runs for it`, () => {
      assert.equal(variables['OTEL_TRACES_EXPORTER'], 'xray');
      assert.equal(variables['OTEL_EXPORTER_OTLP_ENDPOINT'], undefined);
      assert.equal(at(properties, 'TracingConfig', 'Mode'), 'Active');
    });

    test(`in stage ${stage} ${name} is ${withDatabase.has(name) ? 'in' : 'outside of'} the database's network`, () => {
      assert.equal(at(properties, 'VpcConfig', 'Ipv6AllowedForDualStack'), withDatabase.has(name) || undefined);
      assert.equal('VpcConfig' in properties, withDatabase.has(name));
    });
  }

  test(`in stage ${stage} the network has IPv6 and a way out, and neither NAT nor a way in nor anything else that costs`, () => {
    const { resources } = templates;
    assert.equal(resources('AWS::EC2::EgressOnlyInternetGateway').length, 1);
    for (const type of ['NatGateway', 'InternetGateway', 'EIP']) assert.deepEqual(resources(`AWS::EC2::${type}`), []);
    const endpoint = only(templates, 'AWS::EC2::VPCEndpoint');
    assert.equal(endpoint['VpcEndpointType'], 'Gateway');
    for (const { properties } of resources('AWS::EC2::Subnet')) {
      assert.equal(properties['AssignIpv6AddressOnCreation'], true);
      assert.equal(properties['MapPublicIpOnLaunch'], false);
    }
    const ways = resources('AWS::EC2::Route').map(({ properties }) => properties['DestinationIpv6CidrBlock']);
    assert.deepEqual(ways, ['::/0', '::/0']); // of the functions' subnets; the database's have none
  });

  test(`in stage ${stage} only functions that use the database reach it, on its port`, () => {
    const ingress = only(templates, 'AWS::EC2::SecurityGroupIngress');
    assert.deepEqual([ingress['FromPort'], ingress['ToPort'], ingress['IpProtocol']], [5432, 5432, 'tcp']);
    assert.match(templates.target(ingress['SourceSecurityGroupId']), /Clients/);
    for (const { properties } of templates.resources('AWS::EC2::SecurityGroup')) {
      assert.equal(properties['SecurityGroupIngress'], undefined);
    }
  });

  test(`in stage ${stage} the database pauses to nothing, takes tokens, and insists on TLS`, () => {
    const cluster = only(templates, 'AWS::RDS::DBCluster');
    assert.equal(at(cluster, 'ServerlessV2ScalingConfiguration', 'MinCapacity'), 0);
    assert.ok(Number(at(cluster, 'ServerlessV2ScalingConfiguration', 'SecondsUntilAutoPause')) >= 300);
    assert.equal(cluster['EnableIAMDatabaseAuthentication'], true);
    assert.equal(cluster['ManageMasterUserPassword'], true);
    assert.ok(Number(cluster['EngineVersion']) >= 17);
    assert.deepEqual(only(templates, 'AWS::RDS::DBClusterParameterGroup')['Parameters'], { 'rds.force_ssl': '1' });
    assert.equal(only(templates, 'AWS::RDS::DBInstance')['PubliclyAccessible'], false);
  });

  test(`in stage ${stage} callers of the API sign, are limited, and leave one line each without their address`, () => {
    for (const { properties } of templates.resources('AWS::ApiGateway::Method')) {
      assert.equal(properties['AuthorizationType'], 'AWS_IAM');
    }
    const gateway = only(templates, 'AWS::ApiGateway::Stage');
    assert.equal(gateway['TracingEnabled'], false);
    assert.ok(Number(at(gateway, 'MethodSettings', 0, 'ThrottlingRateLimit')) > 0);
    assert.ok(Number(at(gateway, 'MethodSettings', 0, 'ThrottlingBurstLimit')) > 0);
    const line = JSON.parse(String(at(gateway, 'AccessLogSetting', 'Format'))) as Record<string, string>;
    assert.deepEqual([line['request_id'], line['status']], ['$context.requestId', '$context.status']);
    assert.doesNotMatch(JSON.stringify(line), /sourceIp|userAgent|identity/);
  });

  test(`in stage ${stage} nothing that a person gives is a secret: passwords and webhook secret are made on AWS`, () => {
    const parameters = Object.keys(templates.running.findParameters('*')).filter((name) => name !== 'BootstrapVersion');
    assert.deepEqual(parameters, []);
    const made = only(templates, 'AWS::SecretsManager::Secret')['GenerateSecretString'];
    assert.deepEqual(made, { ExcludePunctuation: true, PasswordLength: 44 });
  });
}

test('letters and digits, 44 of them, are a webhook secret', () => {
  const made = 'aZ09'.repeat(11);
  assert.doesNotThrow(() => readEnv(receiverEnv, { WEBHOOK_SECRETS: made }));
});

const receives = ({ resources }: Templates) => resources('AWS::Lambda::Url').length;

test('stage dev receives its own webhooks, unless a target is named; others never do', () => {
  assert.equal(receives(dev), 1);
  assert.equal(receives(templatesOf('dev', { webhookUrl: 'https://hooks.example/nedlia' })), 0);
  const unnamed = templatesOf('prod');
  assert.equal(receives(unnamed), 0);
  assert.equal(unnamed.running.findParameters('WebhookUrl')['WebhookUrl']?.['NoEcho'], true);
});

test('an opened API warns, lets anybody call, and only links to the traces of strangers', () => {
  const open = templatesOf('dev', { apiOpen: true });
  for (const { properties } of open.resources('AWS::ApiGateway::Method')) {
    assert.equal(properties['AuthorizationType'], 'NONE');
  }
  assert.equal(open.running.findOutputs('ApiCallers')['ApiCallers']?.['Value'], 'anybody');
  assert.equal(dev.running.findOutputs('ApiCallers')['ApiCallers']?.['Value'], 'iam');
  const edges = [open, dev].map((templates) => {
    const api = functionsOf(templates).find(({ properties }) => properties['FunctionName'] === 'nedlia-api');
    return at(api, 'properties', 'Environment', 'Variables', 'TRACE_EDGE');
  });
  assert.deepEqual(edges, ['link', undefined]);
  const warned = Annotations.fromStack(open.stacks.running).findWarning('*', Match.stringLikeRegexp('anybody'));
  assert.equal(warned.length, 1);
});

test('a collector that is named gets the traces instead of X-Ray, and nobody pays for its daemon', () => {
  const collected = templatesOf('prod', { collector: 'https://collector.example:4318' });
  for (const { properties } of functionsOf(collected)) {
    const variables = at(properties, 'Environment', 'Variables');
    assert.equal(at(variables, 'OTEL_TRACES_EXPORTER'), 'otlp');
    assert.equal(at(variables, 'OTEL_EXPORTER_OTLP_ENDPOINT'), 'https://collector.example:4318');
    assert.equal(properties['TracingConfig'], undefined);
  }
});

test('what API Gateway answers itself is a problem too, with a code and without a trace', () => {
  const answers = dev.resources('AWS::ApiGateway::GatewayResponse').map(({ properties }) => properties);
  const types = new Set(answers.map(({ ResponseType: type }) => type));
  for (const type of ['DEFAULT_4XX', 'DEFAULT_5XX', 'THROTTLED', 'ACCESS_DENIED', 'REQUEST_TOO_LARGE']) {
    assert.ok(types.has(type), type);
  }
  for (const answer of answers) {
    const problem = JSON.parse(String(at(answer, 'ResponseTemplates', 'application/json'))) as Record<string, unknown>;
    assert.equal(problem['type'], `urn:nedlia:problem:${String(problem['code'])}`);
    assert.equal(String(problem['status']), answer['StatusCode']);
    assert.deepEqual(Object.keys(problem).sort(), ['code', 'detail', 'status', 'title', 'type']);
    const headers = at(answer, 'ResponseParameters') as Record<string, string>;
    assert.equal(headers['gatewayresponse.header.Content-Type'], "'application/problem+json'");
    const again = [429, 503].includes(Number(problem['status']));
    assert.equal('gatewayresponse.header.Retry-After' in headers, again);
  }
});

function samplers(templates: Templates): string[] {
  const said = functionsOf(templates).map(({ properties }) => {
    const variables = at(properties, 'Environment', 'Variables') as Record<string, unknown>;
    return [variables['OTEL_TRACES_SAMPLER'], variables['OTEL_TRACES_SAMPLER_ARG']].join(' ');
  });
  return [...new Set(said)];
}

test('stage dev records every trace; prod a tenth, and each of those whole', () => {
  assert.deepEqual(samplers(dev), ['always_on ']);
  assert.deepEqual(samplers(prod), ['parentbased_traceidratio 0.1']);
});

/** Ids of the constructs that warn of this. */
const warned = ({ stacks }: Templates, of: string) =>
  Annotations.fromStack(stacks.running)
    .findWarning('*', Match.stringLikeRegexp(of))
    .map(({ id }) => id);

test('stage prod without a target for webhooks can be looked at, and warns that it cannot be deployed', () => {
  assert.deepEqual(warned(templatesOf('prod'), 'webhookUrl'), ['/nedlia-prod']);
  for (const told of [prod, dev, templatesOf('local')]) assert.deepEqual(warned(told, 'webhookUrl'), []);
});
