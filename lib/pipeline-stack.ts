/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { CfnOutput, CfnParameter, Duration, Lazy, Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { BUS, heardBy, service } from '../events/catalogue.ts';
import type { env as fileGeneratorEnv } from '../lambdas/file-generator/env.ts';
import type { env as notifierEnv } from '../lambdas/notifier/env.ts';
import type { env as validatorEnv } from '../lambdas/validator/env.ts';
import { Api } from './api.ts';
import { Consumer } from './consumer.ts';
import type { DataStack } from './data-stack.ts';
import { Relay } from './relay.ts';
import { stages, type StageName } from './stages.ts';
import type { Worker } from './worker.ts';

export interface PipelineStackProps extends StackProps {
  stage: StageName;
  data: DataStack;
  /** The folder holding the built `<function>/index.cjs`. */
  bundles: string;
}

/** What only runs: the whole pipeline of one stage, in numbered steps. It can be destroyed and deployed again without losing anything. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    super(scope, id, props);
    const stage = stages[props.stage];
    const { files: bucket, deadLetters } = props.data;

    // 1. What is given from outside: where the database is, where webhooks go, who collects traces.
    const databaseUrl = this.given('DatabaseUrl', 'postgres://… of the database the functions use', { secret: true });
    const webhookUrl = this.given('WebhookUrl', 'Where the notifier sends webhooks', { secret: true });
    const webhookSecrets = this.given('WebhookSecrets', 'Signing secrets, comma-separated', { secret: true });
    const collectorEndpoint = this.given('CollectorEndpoint', 'OTLP/HTTP collector; empty for none', { default: '' });
    const surroundings = { stage: props.stage, bundles: props.bundles, collectorEndpoint };

    // 2. Where facts are said.
    const bus = new EventBus(this, 'Bus', { eventBusName: BUS });

    // 3. The relay: says what was committed but not said. Whoever commits nudges it, and it may send commands to the file-generator.
    const relay: Relay = new Relay(this, 'Relay', {
      surroundings,
      deadLetterQueue: deadLetters.of[service.relay],
      environment: {
        DATABASE_URL: databaseUrl,
        EVENT_BUS_NAME: bus.eventBusName,
        // The two know each other's queue, so one of them is asked late.
        FILE_GENERATOR_QUEUE_URL: Lazy.string({ produce: () => fileGenerator.queue.queueUrl }),
      },
    });
    const speaks = {
      DATABASE_URL: databaseUrl,
      EVENT_BUS_NAME: bus.eventBusName,
      RELAY_QUEUE_URL: relay.queue.queueUrl,
      RELAY_DELAY_SECONDS: String(stage.relayDelaySeconds),
    };

    // 4. The three consumers: each hears its events by rules into its own queue.
    const fileGenerator = new Consumer<typeof fileGeneratorEnv>(this, 'FileGenerator', {
      surroundings,
      service: service.fileGenerator,
      deadLetterQueue: deadLetters.of[service.fileGenerator],
      bundle: 'file-generator',
      bus,
      hears: heardBy.fileGenerator,
      environment: { ...speaks, BUCKET_NAME: bucket.bucketName },
      ...databaseWork,
    });
    const validator = new Consumer<typeof validatorEnv>(this, 'Validator', {
      surroundings,
      service: service.validator,
      deadLetterQueue: deadLetters.of[service.validator],
      bundle: 'validator',
      bus,
      hears: heardBy.validator,
      environment: speaks,
      ...databaseWork,
    });
    const notifier = new Consumer<typeof notifierEnv>(this, 'Notifier', {
      surroundings,
      service: service.notifier,
      deadLetterQueue: deadLetters.of[service.notifier],
      bundle: 'notifier',
      bus,
      hears: heardBy.notifier,
      environment: {
        STAGE: props.stage,
        WEBHOOK_URL: webhookUrl,
        WEBHOOK_SECRETS: webhookSecrets,
        WEBHOOK_ALLOW_LOOPBACK: stage.allowsLoopbackWebhooks ? 'true' : 'false',
      },
      timeout: Duration.seconds(30), // a webhook may take 15
      memoryMiB: 512,
      maximumConcurrency: 10,
      maxReceiveCount: 200, // with back-off to 120 s: more than three hours of somebody else's outage
    });

    // 5. The door.
    const api = new Api(this, 'Api', {
      surroundings,
      environment: { ...speaks, FILE_GENERATOR_QUEUE_URL: fileGenerator.queue.queueUrl },
    });

    // 6. Who may do what, beyond working off its own queue.
    for (const speaker of [api, fileGenerator, validator]) relay.queue.grant(speaker.function, 'sqs:SendMessage');
    for (const sender of [api, relay]) fileGenerator.queue.grant(sender.function, 'sqs:SendMessage');
    for (const speaker of [api, fileGenerator, validator, relay]) bus.grantPutEventsTo(speaker.function);
    fileGenerator.function.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:PutObject'], resources: [bucket.arnForObjects('placements/*')] }), // grantPut would add five more
    );

    // 7. What others need to know.
    new CfnOutput(this, 'ApiUrl', { value: api.url });
    new CfnOutput(this, 'EventBusName', { value: bus.eventBusName });
    new CfnOutput(this, 'BucketName', { value: bucket.bucketName });
    const workers: Record<string, Worker<never>> = {
      FileGenerator: fileGenerator,
      Validator: validator,
      Notifier: notifier,
      Relay: relay,
    };
    for (const [name, { queue, deadLetterQueue }] of Object.entries(workers)) {
      new CfnOutput(this, `${name}QueueUrl`, { value: queue.queueUrl });
      new CfnOutput(this, `${name}DeadLetterQueueUrl`, { value: deadLetterQueue.queueUrl });
    }
    new CfnOutput(this, 'UndeliveredDeadLetterQueueUrl', { value: deadLetters.undelivered.queueUrl });
  }

  /** A CloudFormation parameter; a secret's value is shown nowhere. */
  private given(id: string, description: string, options: { secret?: true; default?: string }): string {
    return new CfnParameter(this, id, {
      description,
      noEcho: options.secret ?? false,
      ...(options.default !== undefined && { default: options.default }),
    }).valueAsString;
  }
}

/** What the two consumers with a database have in common. */
const databaseWork = {
  timeout: Duration.seconds(30), // ten records at a time, each a few statements and at most one upload
  memoryMiB: 512, // it waits for others; CPU comes in proportion
  maximumConcurrency: 10, // batches, each with a pool of its own: the database's connections are the limit
  maxReceiveCount: 100, // with back-off to 120 s: more than an hour and a half of an outage
};
