import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { DeadLetters } from './dead-letters.ts';
import { stages, type StageName } from './stages.ts';

export interface DataStackProps extends StackProps {
  stage: StageName;
}

/** What holds data, and so outlives whatever runs on it: it is deployed first and destroyed last. */
export class DataStack extends Stack {
  readonly files: Bucket;
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    const { keepsData } = stages[props.stage];

    // 1. Where files lie.
    this.files = new Bucket(this, 'Files', {
      versioned: true, // makes "exactly one version per file" a promise that can be checked
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });

    // 2. Where work lies that could not be done.
    this.deadLetters = new DeadLetters(this, 'DeadLetters', { keepsData });
  }
}
