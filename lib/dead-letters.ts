import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledged.ts';
import { BUS, DEAD_LETTER_SUFFIX, service } from '../events/catalogue.ts';

/** Every service that works off a queue. */
export const workers = [service.fileGenerator, service.validator, service.notifier, service.relay] as const;
export type WorkerService = (typeof workers)[number];

/** Where work lies that could not be done, until somebody mends the cause: one queue per worker, and one for lost events. */
export class DeadLetters extends Construct {
  readonly of: Readonly<Record<WorkerService, Queue>>;
  /** Events that a rule could not put into its queue. */
  readonly undelivered: Queue;

  constructor(scope: Construct, id: string, { keepsData }: { keepsData: boolean }) {
    super(scope, id);
    acknowledge(this, 'AwsSolutions-SQS3');
    const queue = (name: string, queueName: string) =>
      new Queue(this, name, {
        queueName,
        retentionPeriod: Duration.days(14), // the most SQS offers: time to find and mend the cause
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        removalPolicy: keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      });
    this.of = {
      [service.fileGenerator]: queue('FileGenerator', `${service.fileGenerator}${DEAD_LETTER_SUFFIX}`),
      [service.validator]: queue('Validator', `${service.validator}${DEAD_LETTER_SUFFIX}`),
      [service.notifier]: queue('Notifier', `${service.notifier}${DEAD_LETTER_SUFFIX}`),
      [service.relay]: queue('Relay', `${service.relay}${DEAD_LETTER_SUFFIX}`),
    };
    this.undelivered = queue('Undelivered', `nedlia-undelivered${DEAD_LETTER_SUFFIX}`);
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
