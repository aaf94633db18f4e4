import { CfnOutput, Stack } from 'aws-cdk-lib';
import { ComparisonOperator, type Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { PipelineAlarm, type PipelineAlarmProps } from './alarm.ts';
import type { PipelineMetrics, WatchedFunction, WatchedWorker } from './metrics.ts';

export interface AlarmsProps {
  metrics: PipelineMetrics;
  /** Who is told. Without one the topic has no subscriber until somebody adds one. */
  email?: string | undefined;
}

type Said = Omit<PipelineAlarmProps, 'comparisonOperator' | 'evaluationPeriods'> & {
  /** How many of how many periods: `[2, 3]` is two of the last three. */
  breaching: [number, number];
};

/** What wakes somebody up. Each says what it means to a user and what to do; together they cover every hop. */
export class PipelineAlarms extends Construct {
  private readonly metrics: PipelineMetrics;
  private readonly topic: Topic;

  constructor(scope: Construct, id: string, { metrics, email }: AlarmsProps) {
    super(scope, id);
    this.metrics = metrics;
    this.topic = this.aTopic(email);
    this.api(metrics.watched.api);
    this.outbox(metrics.watched.relay);
    for (const worker of metrics.watched.consumers) this.consumer(worker);
    for (const worker of metrics.workers) this.worker(worker);
    for (const one of metrics.functions) this.throttled(one);
    this.alarm({
      alarmName: 'nedlia-undelivered-dlq',
      impact:
        'Events were said, but a rule could not put them into its queue: files, verdicts or webhooks are missing.',
      runbook: 'undelivered-events',
      metric: metrics.visible(metrics.watched.undelivered),
      threshold: 1,
      breaching: [1, 1], // one event is one promise broken until somebody acts
    });
  }

  private api(api: WatchedFunction): void {
    this.alarm({
      alarmName: `${api.service}-5xx`,
      impact: 'Clients are told to come again, or get no answer: nothing they were promised is lost.',
      runbook: 'api-5xx',
      metric: this.metrics.serverErrors(),
      threshold: 0.05, // a share, so that one failure among many is not a page; a database that resumes is a single period
      breaching: [2, 3],
    });
    this.alarm({
      alarmName: `${api.service}-latency`,
      impact: 'Clients wait for seconds: one in ten requests takes longer than three.',
      runbook: 'api-latency',
      metric: this.metrics.latency(90),
      threshold: 3000, // a cold start takes about one second, and must not be a page
      breaching: [3, 3],
      evaluateLowSampleCountPercentile: 'ignore', // the slowest of a handful of requests is not a percentile
    });
    this.crashing(api, 'Requests are answered 502, or not at all: the function dies instead of answering.');
  }

  private outbox(relay: WatchedWorker): void {
    this.alarm({
      alarmName: 'nedlia-outbox-age',
      impact: 'What clients were promised was committed but not said: files, verdicts and webhooks are late.',
      runbook: 'outbox-age',
      metric: this.metrics.outboxAge(),
      threshold: 300, // a nudge takes one minute and its back-off ends at two: older means the healing itself fails
      breaching: [1, 1],
    });
    this.alarm({
      alarmName: `${relay.service}-oldest-nudge`,
      impact: 'Nobody looks through the outbox: should a process die after its commit, what it promised stays unsaid.',
      runbook: 'oldest-nudge',
      metric: this.metrics.oldest(relay.queue),
      threshold: 300, // its own delay of one minute is part of the age
      breaching: [5, 5],
    });
    this.alarm({
      alarmName: 'nedlia-publish-refused',
      impact: 'The bus or a queue refuses what was committed: files, verdicts and webhooks are late.',
      runbook: 'publish-refused',
      // The relay's alone: it gets whatever another process was refused, so a refusal that lasts is always its own.
      metric: this.metrics.refused(relay),
      threshold: 1,
      breaching: [2, 3], // a refusal that the next try mends is no page
    });
  }

  private consumer({ service, queue }: WatchedWorker): void {
    this.alarm({
      alarmName: `${service}-oldest-message`,
      impact: `${doing[service] ?? 'Work'} late by more than five minutes.`,
      runbook: 'oldest-message',
      metric: this.metrics.oldest(queue),
      threshold: 300, // work drains within five minutes of the end of a fault, and is done in seconds otherwise
      breaching: [5, 5], // minutes
    });
  }

  private worker(worker: WatchedWorker): void {
    const { service, deadLetterQueue } = worker;
    this.alarm({
      alarmName: `${service}-dlq`,
      impact: `${doing[service] ?? 'Work'} not done for these messages, and will not be unless somebody acts within 14 days.`,
      runbook: 'dead-letters',
      metric: this.metrics.visible(deadLetterQueue),
      threshold: 1,
      breaching: [1, 1], // nothing moves a message out of there by itself
    });
    this.alarm({
      alarmName: `${service}-retries`,
      impact: `${doing[service] ?? 'Work'} late: messages keep failing and come again.`,
      runbook: 'messages-that-keep-failing',
      metric: this.metrics.retried(worker),
      threshold: 1,
      breaching: [3, 3], // back-off ends at two minutes, so a message that keeps failing is seen in every five
    });
    this.crashing(
      worker,
      `${doing[service] ?? 'Work'} late: the function dies while it works, and its batch comes again.`,
    );
  }

  private crashing(one: WatchedFunction, impact: string): void {
    this.alarm({
      alarmName: `${one.service}-errors`,
      impact,
      runbook: 'functions-that-crash',
      metric: this.metrics.errors(one),
      threshold: 1, // handlers answer for every failure, so each of these is a crash, a time-out or a start that failed
      breaching: [2, 3], // one process that dies heals by itself
    });
  }

  private throttled(one: WatchedFunction): void {
    this.alarm({
      alarmName: `${one.service}-throttles`,
      impact: 'Calls are turned away before they run: answers are missing, or work is late.',
      runbook: 'throttles',
      metric: this.metrics.throttles(one),
      threshold: 1, // mappings have a maximum concurrency of their own: a throttle means that the account is at its limit
      breaching: [2, 3],
    });
  }

  private alarm({ breaching: [datapointsToAlarm, evaluationPeriods], ...said }: Said): Alarm {
    const comparisonOperator = ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
    const alarm = new PipelineAlarm(this, said.alarmName, {
      ...said,
      comparisonOperator,
      datapointsToAlarm,
      evaluationPeriods,
    });
    const tell = new SnsAction(this.topic);
    alarm.addAlarmAction(tell);
    alarm.addOkAction(tell);
    return alarm;
  }

  private aTopic(email: string | undefined): Topic {
    // Not encrypted by a key: an alarm can only publish to a topic whose key is our own, and its text is no secret.
    const topic = new Topic(this, 'Topic', { topicName: 'nedlia-alarms', enforceSSL: true });
    // A policy of our own replaces the one that let the account publish, so alarms have to be let in by name.
    const { account } = Stack.of(this);
    const alarms = new ServicePrincipal('cloudwatch.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    });
    topic.grantPublish(alarms);
    if (email) topic.addSubscription(new EmailSubscription(email));
    new CfnOutput(this, 'AlarmTopicArn', { value: topic.topicArn }).overrideLogicalId('AlarmTopicArn');
    return topic;
  }
}

/** What stands still when a worker does. */
const doing: Record<string, string> = {
  'nedlia-file-generator': 'Placement files are',
  'nedlia-validator': 'Verdicts are',
  'nedlia-notifier': 'Webhooks are',
  'nedlia-relay': 'What was committed but not said is',
};
