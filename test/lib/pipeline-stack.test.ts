import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEnv } from '../../core/env.ts';
import { type ConsumerName, events, heardBy, service, workers } from '../../events/catalogue.ts';
import { constructId } from '../../lib/entries.ts';
import { contracts } from '../support/contracts.ts';
import { at, templatesOf } from '../support/template.ts';

const { running, resources, say, target } = templatesOf('local');
const functions = resources('AWS::Lambda::Function');
const queues = resources('AWS::SQS::Queue');
const mappings = resources('AWS::Lambda::EventSourceMapping').map(({ properties }) => properties);

const ours = functions.filter(({ properties }) => properties['FunctionName']);
const queue = (name: string) => {
  const found = queues.find(({ properties }) => properties['QueueName'] === name);
  assert.ok(found, name);
  return found.properties;
};

const names = (type: string, property: string) =>
  resources(type).flatMap(({ properties }) => (properties[property] as string | undefined) ?? []);

test('bus, functions and queues have the names of the wire, without a stage', () => {
  const feeding = ['file-generator', 'notifier', 'relay', 'validator'];
  assert.deepEqual(names('AWS::Events::EventBus', 'Name'), ['nedlia-events']);
  assert.deepEqual(
    names('AWS::Lambda::Function', 'FunctionName').sort(),
    ['api', 'migrate', ...feeding].map((name) => `nedlia-${name}`).sort(),
  );
  assert.deepEqual(
    names('AWS::SQS::Queue', 'QueueName').sort(),
    ['undelivered-dlq', ...feeding, ...feeding.map((name) => `${name}-dlq`)].map((name) => `nedlia-${name}`).sort(),
  );
});

test('every queue that feeds a function gives up into its own dead-letter queue, which keeps messages for 14 days', () => {
  const feeding = mappings.map(({ EventSourceArn }) => say(EventSourceArn).replace('queue ', ''));
  const redrive = feeding.map((name) => {
    const policy = queue(name)['RedrivePolicy'];
    assert.equal(say(at(policy, 'deadLetterTargetArn')), `queue ${name}-dlq`);
    assert.equal(queue(`${name}-dlq`)['MessageRetentionPeriod'], 14 * 24 * 60 * 60);
    assert.equal(queue(name)['MessageRetentionPeriod'], 4 * 24 * 60 * 60);
    return [name, at(policy, 'maxReceiveCount')];
  });
  assert.deepEqual(Object.fromEntries(redrive), {
    'nedlia-file-generator': 100,
    'nedlia-validator': 100,
    'nedlia-notifier': 200,
    'nedlia-relay': 500,
  });
});

test('a message stays invisible for at least six time-outs of the function that works on it', () => {
  for (const { FunctionName, EventSourceArn } of mappings) {
    const worker = functions.find(({ id }) => id === target(FunctionName));
    const visibility = Number(queue(say(EventSourceArn).replace('queue ', ''))['VisibilityTimeout']);
    assert.ok(visibility >= 6 * Number(worker?.properties['Timeout']), say(EventSourceArn));
  }
});

test('batches are of ten, only failed messages come back, and nothing reserves concurrency below its mapping', () => {
  assert.equal(mappings.length, workers.length);
  for (const mapping of mappings) {
    assert.equal(mapping['BatchSize'], 10);
    assert.deepEqual(mapping['FunctionResponseTypes'], ['ReportBatchItemFailures']);
    assert.ok(Number(at(mapping, 'ScalingConfig', 'MaximumConcurrency')) >= 2);
  }
  assert.ok(functions.every(({ properties }) => properties['ReservedConcurrentExecutions'] === undefined));
});

test('nudges are gathered for five seconds, work is not', () => {
  const windows = mappings.map((mapping) => [
    say(mapping['EventSourceArn']),
    mapping['MaximumBatchingWindowInSeconds'],
  ]);
  assert.deepEqual(
    Object.fromEntries(windows),
    Object.fromEntries(workers.map((name) => [`queue ${service[name]}`, name === 'relay' ? 5 : undefined])),
  );
});

const consumers = Object.keys(heardBy) as ConsumerName[];

const heard = (name: ConsumerName) =>
  resources('AWS::Events::Rule')
    .filter(({ properties }) => say(at(properties, 'Targets', 0, 'Arn')) === `queue ${service[name]}`)
    .map(({ properties }) => {
      assert.equal(say(properties['EventBusName']), 'bus nedlia-events');
      return properties['EventPattern'];
    });

test('the rules are the lines of the catalogue: who hears what', () => {
  for (const name of consumers) {
    assert.deepEqual(
      heard(name),
      heardBy[name].map(({ pattern }) => pattern),
    );
  }
  assert.deepEqual(
    heard('notifier'),
    events.map(({ pattern }) => pattern),
  );
});

test('the bus may put into the queues of its rules', () => {
  for (const name of consumers) {
    const policy = resources('AWS::SQS::QueuePolicy').find(
      ({ properties }) => say(at(properties, 'Queues', 0)) === `queue ${service[name]}`,
    );
    const statements = at(policy, 'properties', 'PolicyDocument', 'Statement') as unknown[];
    const allowed = statements.filter((statement) => at(statement, 'Effect') === 'Allow');
    assert.ok(allowed.length > 0);
    for (const statement of allowed) {
      assert.equal(at(statement, 'Principal', 'Service'), 'events.amazonaws.com');
      assert.ok(at(statement, 'Condition', 'ArnEquals', 'aws:SourceArn'));
    }
  }
});

// What CloudFormation will put in the place of a reference: enough for a contract to accept it.
const given: Record<string, string> = {
  DatabaseUrl: 'postgres://nedlia@database/nedlia',
  WebhookUrl: 'https://hooks.example/nedlia',
  WebhookSecrets: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
  CollectorEndpoint: '',
};
const resolved = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const name = given[target(value)] ?? say(value);
  return name.startsWith('queue ') ? `https://sqs.example/${name.slice(6)}` : name;
};
const variablesOf = (name: string): Record<string, string> => {
  const found = functions.find(({ properties }) => properties['FunctionName'] === name);
  const variables = at(found, 'properties', 'Environment', 'Variables') as Record<string, unknown>;
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, resolved(value)]));
};

// Everything but the receiver, which only stage dev deploys.
const deployed = Object.entries(contracts).filter(([name]) => name !== 'nedlia-receiver');

for (const [name, contract] of deployed) {
  test(`${name} starts with the environment it is given, and is given nothing it does not read`, () => {
    const variables = variablesOf(name);
    assert.doesNotThrow(() => readEnv(contract, variables));
    const unread = Object.keys(variables).filter((one) => !(one in contract.entries) && !one.startsWith('OTEL_'));
    assert.deepEqual(unread, []);
  });
}

test('each function gets its own queues, and everyone the same relay', () => {
  for (const name of workers.map((one) => service[one])) {
    const variables = variablesOf(name);
    assert.equal(variables['QUEUE_URL'], `https://sqs.example/${name}`);
    assert.equal(variables['DEAD_LETTER_QUEUE_URL'], `https://sqs.example/${name}-dlq`);
  }
  for (const name of ['nedlia-api', 'nedlia-file-generator', 'nedlia-validator']) {
    assert.equal(variablesOf(name)['RELAY_QUEUE_URL'], 'https://sqs.example/nedlia-relay');
    assert.equal(variablesOf(name)['RELAY_DELAY_SECONDS'], '15');
  }
  assert.equal(variablesOf('nedlia-relay')['FILE_GENERATOR_QUEUE_URL'], 'https://sqs.example/nedlia-file-generator');
});

test('every function says on its spans what it belongs to, and runs Node.js 24 on arm64', () => {
  for (const { properties } of ours) {
    const { OTEL_RESOURCE_ATTRIBUTES: attributes } = variablesOf(String(properties['FunctionName']));
    assert.match(
      String(attributes),
      /^service\.namespace=nedlia,service\.version=\d+\.\d+\.\d+,deployment\.environment\.name=local$/,
    );
    assert.equal(properties['Runtime'], 'nodejs24.x');
    assert.deepEqual(properties['Architectures'], ['arm64']);
  }
});

test('secrets are given at deployment and shown nowhere', () => {
  const parameters = running.findParameters('*');
  for (const name of ['DatabaseUrl', 'WebhookUrl', 'WebhookSecrets']) assert.equal(parameters[name]?.['NoEcho'], true);
  assert.equal(parameters['CollectorEndpoint']?.['Default'], '');
  const outputs = JSON.stringify(running.findOutputs('*'));
  for (const name of ['DatabaseUrl', 'WebhookUrl', 'WebhookSecrets']) assert.ok(!outputs.includes(`"${name}"`));
});

test('the outputs name everything a person or a script has to find', () => {
  const ids = workers.map(constructId);
  assert.ok(ids.includes('FileGenerator'));
  assert.deepEqual(
    Object.keys(running.findOutputs('*')).sort(),
    [
      'ApiCallers',
      'ApiUrl',
      'BucketName',
      'EventBusName',
      'UndeliveredQueueUrl',
      ...ids.flatMap((name) => [`${name}QueueUrl`, `${name}DeadLetterQueueUrl`]),
    ].sort(),
  );
});

test('an event that a rule cannot put into its queue is tried for a day and then kept', () => {
  for (const { properties } of resources('AWS::Events::Rule')) {
    const it = at(properties, 'Targets', 0);
    assert.equal(say(at(it, 'DeadLetterConfig', 'Arn')), 'queue nedlia-undelivered-dlq');
    assert.deepEqual(at(it, 'RetryPolicy'), { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 });
  }
  const [policy] = resources('AWS::SQS::QueuePolicy')
    .filter(({ properties }) => say(at(properties, 'Queues', 0)) === 'queue nedlia-undelivered-dlq')
    .map(({ properties }) => at(properties, 'PolicyDocument', 'Statement') as unknown[]);
  const allowed = policy?.find((statement) => at(statement, 'Effect') === 'Allow');
  assert.match(say(at(allowed, 'Condition', 'ArnLike', 'aws:SourceArn')), /:rule\/nedlia-events\/\*$/);
});

test('no function is deployed before the schema it needs', () => {
  const [schema] = Object.keys(running.findResources('AWS::CloudFormation::CustomResource'));
  for (const name of ['api', 'file-generator', 'validator', 'relay']) {
    const [found] = Object.values(
      running.findResources('AWS::Lambda::Function', { Properties: { FunctionName: `nedlia-${name}` } }),
    );
    assert.ok(((found?.['DependsOn'] ?? []) as string[]).includes(schema ?? ''), name);
  }
});
