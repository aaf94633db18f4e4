import { Duration, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { ConsumerName } from '../events/catalogue.ts';
import type { env as fileGeneratorEnv } from '../lambdas/file-generator/env.ts';
import type { env as notifierEnv } from '../lambdas/notifier/env.ts';
import type { env as validatorEnv } from '../lambdas/validator/env.ts';
import { acknowledgeWildcard, wildcards } from './acknowledged.ts';
import { Consumer, type ConsumerProps } from './consumer.ts';
import type { DataStack } from './data-stack.ts';
import type { WatchedWorker } from './metrics.ts';

export interface ConsumersProps {
  hearing: Pick<ConsumerProps<typeof validatorEnv>, 'surroundings' | 'bus' | 'deadLetters'>;
  /** What somebody needs who says something after a commit: database, bus and relay. */
  speaks: ConsumerProps<typeof validatorEnv>['environment'];
  /** Where webhooks go, and how they are signed. */
  webhooks: ConsumerProps<typeof notifierEnv>['environment'];
  data: DataStack;
}

/** The consumers, with what each has for itself. Whoever stands in `heardBy` has to stand here: the compiler asks for it. */
export function makeConsumers(stack: Stack, { hearing, speaks, webhooks, data }: ConsumersProps) {
  const { files, database, webhookSecret } = data;

  const fileGenerator = new Consumer<typeof fileGeneratorEnv>(stack, 'fileGenerator', {
    ...hearing,
    environment: { ...speaks, BUCKET_NAME: files.bucketName },
    database,
    ...databaseWork,
  });
  letWriteFiles(fileGenerator.function, data);

  const validator = new Consumer<typeof validatorEnv>(stack, 'validator', {
    ...hearing,
    environment: speaks,
    database,
    ...databaseWork,
  });

  const notifier = new Consumer<typeof notifierEnv>(stack, 'notifier', {
    ...hearing,
    environment: webhooks,
    timeout: Duration.seconds(30), // a webhook may take 15
    memoryMiB: 512, // it waits for others; CPU, which signing and TLS take, comes in proportion
    maximumConcurrency: 10, // batches of ten: what a webhook's receiver sees of us at once
    maxReceiveCount: 200, // with back-off to 120 s: more than three hours of somebody else's outage
  });
  webhookSecret?.grantRead(notifier.function);

  return { fileGenerator, validator, notifier } satisfies Record<ConsumerName, WatchedWorker>;
}

/** What the two consumers with a database have in common. */
const databaseWork = {
  timeout: Duration.seconds(30), // ten records at a time, each a few statements and at most one upload
  memoryMiB: 512, // it waits for others; CPU comes in proportion
  maximumConcurrency: 10, // batches, each with a pool of its own: the database's connections are the limit
  maxReceiveCount: 100, // with back-off to 120 s: more than an hour and a half of an outage
};

/** `grantPut` would add five actions more. */
function letWriteFiles(fileGenerator: Function, data: DataStack): void {
  fileGenerator.addToRolePolicy(
    new PolicyStatement({
      actions: [...wildcards.files.actions],
      resources: [data.files.arnForObjects('placements/*')],
    }),
  );
  const { 'Fn::ImportValue': arn } = data.resolve(data.exportValue(data.files.bucketArn)) as Record<string, string>;
  if (fileGenerator.role) acknowledgeWildcard(fileGenerator.role, 'files', `${arn}/placements/*`);
}
