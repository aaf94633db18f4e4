import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledged.ts';
import { BUS, DEAD_LETTER_SUFFIX, service, UNDELIVERED, type WorkerName, workers } from '../events/catalogue.ts';
import { constructId } from './entries.ts';

/** Where work lies that could not be done, until somebody mends the cause: one queue per worker, and one for lost events. */
export class DeadLetters extends Construct {
  readonly of: Readonly<Record<WorkerName, Queue>>;
  /** Events that a rule could not put into its queue. */
  readonly undelivered: Queue;

  constructor(scope: Construct, id: string, { keepsData }: { keepsData: boolean }) {
    super(scope, id);
    acknowledge(this, 'AwsSolutions-SQS3');
    const queue = (id: string, of: string) =>
      new Queue(this, id, {
        queueName: `${of}${DEAD_LETTER_SUFFIX}`,
        retentionPeriod: Duration.days(14), // the most SQS offers: time to find and mend the cause
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        removalPolicy: keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      });
    const queues = workers.map((name) => [name, queue(constructId(name), service[name])]);
    this.of = Object.fromEntries(queues) as Record<WorkerName, Queue>;
    this.undelivered = queue('Undelivered', UNDELIVERED);
    // By name: the rules are not made yet, and lie in the other stack.
    const rules = { service: 'events', resource: 'rule', resourceName: `${BUS}/*` };
    this.undelivered.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [this.undelivered.queueArn],
        conditions: {
          ArnLike: {
            'aws:SourceArn': Stack.of(this).formatArn({ ...rules, arnFormat: ArnFormat.SLASH_RESOURCE_NAME }),
          },
        },
      }),
    );
  }
}
