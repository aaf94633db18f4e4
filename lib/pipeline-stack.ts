/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { Annotations, CfnParameter, Lazy, Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { BUS } from '../events/catalogue.ts';
import { Api } from './api.ts';
import { type Choices, WEBHOOK_PARAMETER } from './choices.ts';
import { makeConsumers } from './consumers.ts';
import type { DataStack } from './data-stack.ts';
import { Migrations } from './migrations.ts';
import { Operations } from './operations.ts';
import { tellOutputs } from './outputs.ts';
import { Receiver } from './receiver.ts';
import { Relay } from './relay.ts';
import { stageOf, type StageName } from './stages.ts';
import { makeSurroundings } from './surroundings.ts';
import { tag } from './tags.ts';

export interface PipelineStackProps extends StackProps {
  stage: StageName;
  data: DataStack;
  /** The folder holding the built `<function>/index.cjs`. */
  bundles: string;
  choices?: Choices;
}

/** What only runs: the whole pipeline of one stage, in numbered steps. It can be destroyed and deployed again without losing anything. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    const stage = stageOf(props.stage);
    super(scope, id, { ...props, terminationProtection: stage.keepsData });
    tag(this, props.stage);
    const { files: bucket, deadLetters, database, webhookSecret } = props.data;
    const choices = props.choices ?? {};

    // 1. What is given from outside, where the stage does not bring it: the database, where webhooks go, who collects traces.
    const databaseUrl = database?.url ?? this.given('DatabaseUrl', 'postgres://… of the database the functions use');
    const { surroundings, collector } = makeSurroundings(this, { ...props, database, choices });
    const webhookSecrets = webhookSecret?.secretArn ?? this.given('WebhookSecrets', 'Signing secrets, comma-separated');
    const webhookUrl =
      choices.webhookUrl ??
      (stage.receivesWebhooks && webhookSecret
        ? new Receiver(this, 'Receiver', { surroundings, secret: webhookSecret }).url
        : this.webhookTarget(props.stage));

    // 2. The schema, before anything that needs it; and where facts are said.
    const migrations = new Migrations(this, 'Migrations', { surroundings, databaseUrl, database });
    const bus = new EventBus(this, 'Bus', { eventBusName: BUS });

    // 3. The relay: says what was committed but not said. Whoever commits nudges it, and it may send commands to the file-generator.
    const relay: Relay = new Relay(this, {
      surroundings,
      deadLetters,
      database,
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

    // 4. The consumers: each hears its events by rules into its own queue.
    const consumers = makeConsumers(this, {
      hearing: { surroundings, bus, deadLetters },
      speaks,
      webhooks: {
        STAGE: props.stage,
        WEBHOOK_URL: webhookUrl,
        WEBHOOK_SECRETS: webhookSecrets,
        WEBHOOK_ALLOW_LOOPBACK: stage.allowsLoopbackWebhooks ? 'true' : 'false',
        WEBHOOK_ALLOW_HOST: stage.allowsLoopbackWebhooks ? this.webhookHost() : undefined,
      },
      data: props.data,
    });
    const { fileGenerator, validator } = consumers;

    // 5. The door.
    const api = new Api(this, 'Api', {
      surroundings,
      open: choices.apiOpen ?? false,
      environment: { ...speaks, FILE_GENERATOR_QUEUE_URL: fileGenerator.queue.queueUrl },
      database,
    });

    // 6. Who may say something, each after a commit: they are who uses the database, and so who waits for the schema.
    const speakers = [api, fileGenerator, validator];
    const publishers = [...speakers, relay];
    for (const speaker of speakers) relay.queue.grant(speaker.function, 'sqs:SendMessage');
    for (const sender of [api, relay]) fileGenerator.queue.grant(sender.function, 'sqs:SendMessage');
    for (const user of publishers) {
      bus.grantPutEventsTo(user.function);
      database?.admit(user.function);
      user.function.node.addDependency(migrations.done);
    }

    // 7. How somebody sees that it is well, and finds it.
    const hearers = Object.values(consumers);
    if (stage.watched.dashboard) {
      const { alarms } = stage.watched;
      const { alarmEmail } = choices;
      const { undelivered } = deadLetters;
      const watched = { api, relay, consumers: hearers, publishers, undelivered, collector };
      new Operations(this, 'Operations', { ...watched, alarms, alarmEmail });
    }
    tellOutputs(this, { files: bucket, deadLetters, webhookSecret, api, bus, workers: [...hearers, relay] });
  }

  /** In a container network the receiver has a private address: docker-compose.localstack.yml. */
  private webhookHost(): string {
    const description = 'The one host whose private address webhooks may go to; empty for none';
    return new CfnParameter(this, 'WebhookAllowHost', { description, default: '' }).valueAsString;
  }

  /** On AWS it is a setting, and missing here; a warning, for a stage can be looked at and destroyed without it. */
  private webhookTarget(stage: StageName): string {
    if (stageOf(stage).aurora) {
      const what = `stage ${stage} cannot be deployed for the first time without -c webhookUrl=https://…`;
      Annotations.of(this).addWarningV2('nedlia:webhook-url', what);
    }
    return this.given(WEBHOOK_PARAMETER, 'Where the notifier sends webhooks');
  }

  /** A CloudFormation parameter whose value is shown nowhere. */
  private given(id: string, description: string): string {
    return new CfnParameter(this, id, { description, noEcho: true }).valueAsString;
  }
}
