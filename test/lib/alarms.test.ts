import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Permanent } from '../../core/permanent.ts';
import { service, workers as all } from '../../events/catalogue.ts';
import { log } from '../../telemetry/log.ts';
import { metric } from '../../telemetry/metric.ts';
import { aConsumer } from '../support/a-consumer.ts';
import { captureLog } from '../support/log-lines.ts';
import { aRecord } from '../support/records.ts';
import { at, templatesOf } from '../support/template.ts';

const prod = templatesOf('prod', { webhookUrl: 'https://hooks.example', alarmEmail: 'on-call@example.com' });
const alarms = prod.resources('AWS::CloudWatch::Alarm').map(({ properties }) => properties);
const filters = prod.resources('AWS::Logs::MetricFilter').map(({ properties }) => properties);
const named = (name: string) => {
  const found = alarms.find(({ AlarmName }) => AlarmName === name);
  assert.ok(found, `there is no alarm ${name}`);
  return found;
};
const workers = all.map((name) => service[name]);
const consumers = workers.filter((name) => name !== service.relay);

test('there is an alarm for everything that can stand still, and no other', () => {
  assert.deepEqual(
    alarms.map(({ AlarmName }) => String(AlarmName)).sort(),
    [
      'nedlia-api-5xx',
      'nedlia-api-latency',
      'nedlia-api-errors',
      'nedlia-api-throttles',
      'nedlia-outbox-age',
      'nedlia-publish-refused',
      'nedlia-relay-oldest-nudge',
      'nedlia-undelivered-dlq',
      ...consumers.map((name) => `${name}-oldest-message`),
      ...workers.flatMap((name) => ['dlq', 'retries', 'errors', 'throttles'].map((what) => `${name}-${what}`)),
    ].sort(),
  );
});

test('one message in any dead-letter queue is an alarm', () => {
  for (const name of [...workers, 'nedlia-undelivered'].map((of) => `${of}-dlq`)) {
    const alarm = named(name);
    assert.equal(prod.say(at(alarm, 'Dimensions', 0, 'Value')), `queue ${name}`);
    assert.deepEqual(
      ['MetricName', 'Threshold', 'EvaluationPeriods', 'ComparisonOperator'].map((field) => alarm[field]),
      ['ApproximateNumberOfMessagesVisible', 1, 1, 'GreaterThanOrEqualToThreshold'],
    );
  }
});

test('an idle pipeline is silent, and silence is no alarm', () => {
  for (const alarm of alarms) assert.equal(alarm['TreatMissingData'], 'notBreaching', String(alarm['AlarmName']));
});

test('every alarm tells the topic when it begins and when it is over', () => {
  const [topic] = prod.resources('AWS::SNS::Topic');
  for (const alarm of alarms) {
    assert.deepEqual(alarm['AlarmActions'], alarm['OKActions']);
    assert.equal(prod.target(at(alarm, 'AlarmActions', 0)), topic?.id);
  }
  const [subscription] = prod.resources('AWS::SNS::Subscription');
  assert.equal(at(subscription, 'properties', 'Endpoint'), 'on-call@example.com');
});

test('alarms of this account may publish to the topic, over TLS alone', () => {
  const [policy] = prod.resources('AWS::SNS::TopicPolicy');
  const statements = at(policy, 'properties', 'PolicyDocument', 'Statement') as unknown[];
  const [allowed, ...others] = statements.filter((statement) => at(statement, 'Effect') === 'Allow');
  assert.equal(others.length, 0);
  assert.equal(at(allowed, 'Principal', 'Service'), 'cloudwatch.amazonaws.com');
  assert.deepEqual(at(allowed, 'Condition', 'StringEquals', 'aws:SourceAccount'), { Ref: 'AWS::AccountId' });
  const denied = statements.find((statement) => at(statement, 'Effect') === 'Deny');
  assert.equal(at(denied, 'Condition', 'Bool', 'aws:SecureTransport'), 'false');
});

test('without an address there is the topic, and nobody who hears it', () => {
  const { resources } = templatesOf('prod', { webhookUrl: 'https://hooks.example' });
  assert.deepEqual([resources('AWS::SNS::Topic').length, resources('AWS::SNS::Subscription').length], [1, 0]);
});

const count = (stage: 'dev' | 'local') =>
  ['Dashboard', 'Alarm'].map((type) => templatesOf(stage).resources(`AWS::CloudWatch::${type}`).length);

test('stage dev shows everything and wakes nobody; on this machine there is neither', () => {
  assert.deepEqual(count('dev'), [1, 0]);
  assert.deepEqual(count('local'), [0, 0]);
});

/** What a filter on `message` looks for, and the metric it makes. */
const counted = (metricName: string) =>
  filters
    .filter((filter) => at(filter, 'MetricTransformations', 0, 'MetricName') === metricName)
    .map((filter) => /^\{ \$\.message = "(.*)" \}$/.exec(String(filter['FilterPattern']))?.[1]);

test('the line a consumer writes for a message that comes again is the one that is counted', async (t) => {
  const lines = captureLog(t);
  await aConsumer(() => Promise.reject(new Error('later'))).handle([aRecord()]);
  const patterns = counted('MessagesRetried');
  assert.equal(patterns.length, workers.length);
  for (const pattern of patterns) assert.ok(lines.some(({ message }) => message === pattern));
});

test('refusals of the bus are counted where events are put on it, and nowhere else', () => {
  const counts = filters
    .filter((filter) => at(filter, 'MetricTransformations', 0, 'MetricName') === 'PublishRefused')
    .map(({ LogGroupName }) => prod.say(LogGroupName).replace('logs /aws/lambda/', ''));
  const publish = prod
    .resources('AWS::IAM::Policy')
    .filter(({ properties }) => JSON.stringify(properties).includes('events:PutEvents'));
  assert.equal(publish.length, counts.length);
  assert.deepEqual(counts.sort(), [service.api, service.fileGenerator, service.relay, service.validator].sort());
});

test('a message that is given up is not counted as one that comes again', async (t) => {
  const lines = captureLog(t);
  await aConsumer(() => Promise.reject(new Permanent('bad', 'never'))).handle([aRecord()]);
  assert.ok(!lines.some(({ message }) => counted('MessagesRetried').includes(message)));
});

test('the metric of the oldest outbox row is found where the relay writes it', (t) => {
  const lines = captureLog(t);
  log.info('outbox looked at', metric('OutboxOldestAge', 'Seconds', 1));
  const said = at(lines[0]?.['_aws'], 'CloudWatchMetrics', 0);
  const alarm = named('nedlia-outbox-age');
  assert.deepEqual([at(said, 'Namespace'), at(said, 'Metrics', 0, 'Name')], [alarm['Namespace'], alarm['MetricName']]);
  assert.equal(alarm['Dimensions'], undefined, 'the relay gives it none');
});

test('the dashboard shows every metric an alarm looks at', () => {
  const body = JSON.stringify(prod.resources('AWS::CloudWatch::Dashboard'));
  for (const name of new Set(alarms.map(({ MetricName }) => String(MetricName)))) assert.ok(body.includes(name), name);
});

test('runbook and alarms speak of no status that API Gateway does not answer with', () => {
  const answered = prod.resources('AWS::ApiGateway::GatewayResponse').map(({ properties }) => properties['StatusCode']);
  const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
  const said = [runbook, ...alarms.map(({ AlarmDescription }) => prod.say(AlarmDescription))].join('\n');
  const statuses = new Set(said.match(/\b5\d\d\b/g));
  assert.deepEqual([...statuses], ['503']);
  assert.ok(answered.includes('503'), 'and for any other 5xx as well: DEFAULT_5XX');
});
