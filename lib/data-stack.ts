import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledged.ts';
import { type Choices, ownCollectorOf } from './choices.ts';
import { Database } from './database.ts';
import { DeadLetters } from './dead-letters.ts';
import { stageOf, type StageName } from './stages.ts';
import { tag } from './tags.ts';

export interface DataStackProps extends StackProps {
  stage: StageName;
  choices?: Choices;
}

/** What holds data, and so outlives whatever runs on it: it is deployed first and destroyed last (docs/decisions/0010). */
export class DataStack extends Stack {
  readonly files: Bucket;
  readonly deadLetters: DeadLetters;
  /** Where the stage has none, a database is given to the running stack. */
  readonly database: Database | undefined;
  /** What webhooks are signed with; where the stage has none, it is given to the running stack. */
  readonly webhookSecret: Secret | undefined;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    const { keepsData, aurora } = stageOf(props.stage);
    super(scope, id, { ...props, terminationProtection: keepsData });
    tag(this, props.stage);
    const removalPolicy = keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    // 1. Where files lie.
    this.files = new Bucket(this, 'Files', {
      versioned: true, // makes "exactly one version per file" a promise that can be checked
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy,
    });
    acknowledge(this.files, 'AwsSolutions-S1');

    // 2. Where work lies that could not be done.
    this.deadLetters = new DeadLetters(this, 'DeadLetters', { keepsData });

    // 3. On AWS: where rows lie, and what webhooks are signed with.
    const nat = ownCollectorOf(props.stage, props.choices ?? {}) !== undefined;
    this.database = aurora && new Database(this, 'Database', { aurora, keepsData, nat });
    this.webhookSecret = aurora && this.aWebhookSecret(removalPolicy);
    // Said always: only a Collector asks for it, and CloudFormation takes nothing back that the other stack still uses.
    if (this.database) this.exportValue(this.database.vpc.vpcId);
  }

  /** 44 letters and digits are the base64 of 33 bytes, 262 bits of them chosen at random: a Standard Webhooks secret. */
  private aWebhookSecret(removalPolicy: RemovalPolicy): Secret {
    const secret = new Secret(this, 'WebhookSecret', {
      description: 'Signs webhooks. While it is rotated it holds two, separated by a comma.',
      generateSecretString: { passwordLength: 44, excludePunctuation: true },
      removalPolicy,
    });
    acknowledge(secret, 'AwsSolutions-SMG4');
    return secret;
  }
}
