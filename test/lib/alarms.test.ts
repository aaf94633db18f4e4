import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Permanent } from '../../core/permanent.ts';
import { service } from '../../events/catalogue.ts';
import { log } from '../../telemetry/log.ts';
import { metric } from '../../telemetry/metric.ts';
import { aConsumer } from '../support/a-consumer.ts';
import { captureLog } from '../support/log-lines.ts';
import { aRecord } from '../support/records.ts';
import { at, target } from '../support/template.ts';
import { aWatchedStack } from '../support/watched.ts';

const template = aWatchedStack({ alarms: true, alarmEmail: 'on-call@example.com' });
const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map((alarm) => alarm['Properties']);
const filters = Object.values(template.findResources('AWS::Logs::MetricFilter')).map((filter) => filter['Properties']);
const named = (name: string) => {
  const found = alarms.find(({ AlarmName }) => AlarmName === name);
  assert.ok(found, `there is no alarm ${name}`);
  return found;
};
const consumers = [service.fileGenerator, service.validator, service.notifier];
const workers = [...consumers, service.relay];

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
    const queue = target(at(alarm, 'Dimensions', 0, 'Value'));
    assert.equal(at(template.findResources('AWS::SQS::Queue'), queue, 'Properties', 'QueueName'), name);
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
  for (const alarm of alarms) {
    assert.deepEqual(alarm['AlarmActions'], alarm['OKActions']);
    assert.equal(
      at(template.findResources('AWS::SNS::Topic'), target(at(alarm, 'AlarmActions', 0)), 'Type'),
      'AWS::SNS::Topic',
    );
  }
  const [subscription] = Object.values(template.findResources('AWS::SNS::Subscription'));
  assert.equal(at(subscription, 'Properties', 'Endpoint'), 'on-call@example.com');
});

test('alarms of this account may publish to the topic, over TLS alone', () => {
  const [policy] = Object.values(template.findResources('AWS::SNS::TopicPolicy'));
  const statements = at(policy, 'Properties', 'PolicyDocument', 'Statement') as unknown[];
  const [allowed, ...others] = statements.filter((statement) => at(statement, 'Effect') === 'Allow');
  assert.equal(others.length, 0);
  assert.equal(at(allowed, 'Principal', 'Service'), 'cloudwatch.amazonaws.com');
  assert.deepEqual(at(allowed, 'Condition', 'StringEquals', 'aws:SourceAccount'), { Ref: 'AWS::AccountId' });
  const denied = statements.find((statement) => at(statement, 'Effect') === 'Deny');
  assert.equal(at(denied, 'Condition', 'Bool', 'aws:SecureTransport'), 'false');
});

test('without an address there is the topic and nobody who hears it; without alarms there is neither', () => {
  const unheard = aWatchedStack({ alarms: true });
  assert.equal(Object.keys(unheard.findResources('AWS::SNS::Topic')).length, 1);
  assert.equal(Object.keys(unheard.findResources('AWS::SNS::Subscription')).length, 0);
  const unwatched = aWatchedStack({ alarms: false });
  assert.equal(Object.keys(unwatched.findResources('AWS::CloudWatch::Alarm')).length, 0);
  assert.equal(Object.keys(unwatched.findResources('AWS::SNS::Topic')).length, 0);
  assert.equal(Object.keys(unwatched.findResources('AWS::CloudWatch::Dashboard')).length, 1);
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
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const body = JSON.stringify(dashboard);
  for (const name of new Set(alarms.map(({ MetricName }) => String(MetricName)))) assert.ok(body.includes(name), name);
});
