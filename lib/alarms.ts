import { CfnOutput, Stack } from 'aws-cdk-lib';
import { ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { alarmList } from './alarm-list.ts';
import { PipelineAlarm } from './alarm.ts';
import type { PipelineMetrics } from './metrics.ts';

export interface AlarmsProps {
  metrics: PipelineMetrics;
  /** Who is told. Without one the topic has no subscriber until somebody adds one. */
  email?: string | undefined;
}

/** Every alarm of the list, and the topic that hears when one begins and when it is over. */
export class PipelineAlarms extends Construct {
  constructor(scope: Construct, id: string, { metrics, email }: AlarmsProps) {
    super(scope, id);
    // Not encrypted by a key: an alarm could only publish with a key of our own, and its text is no secret.
    const topic = new Topic(this, 'Topic', { topicName: 'nedlia-alarms', enforceSSL: true });
    // The policy that enforces TLS replaces the one that lets the account publish, so alarms have to be let in by name.
    const ofThisAccount = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com', { conditions: ofThisAccount }));
    if (email) topic.addSubscription(new EmailSubscription(email));
    new CfnOutput(this, 'AlarmTopicArn', { value: topic.topicArn }).overrideLogicalId('AlarmTopicArn');

    const tell = new SnsAction(topic);
    for (const { breaching, ...said } of alarmList(metrics)) {
      const [datapointsToAlarm, evaluationPeriods] = breaching;
      const alarm = new PipelineAlarm(this, said.alarmName, {
        ...said,
        datapointsToAlarm,
        evaluationPeriods,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      });
      alarm.addAlarmAction(tell);
      alarm.addOkAction(tell);
    }
  }
}
