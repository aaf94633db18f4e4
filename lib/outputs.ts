/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { CfnOutput, type Stack } from 'aws-cdk-lib';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Api } from './api.ts';
import type { DeadLetters } from './dead-letters.ts';
import { constructId } from './entries.ts';
import type { WatchedWorker } from './metrics.ts';

export interface Told {
  api: Api;
  bus: EventBus;
  files: Bucket;
  deadLetters: DeadLetters;
  workers: readonly WatchedWorker[];
  webhookSecret: Secret | undefined;
}

/** What a person or a script has to find, whichever stack it lies in. */
export function tellOutputs(stack: Stack, told: Told): void {
  const tell = (name: string, value: string, description: string) => new CfnOutput(stack, name, { value, description });
  tell('ApiUrl', told.api.url, 'Where the API is; ends in /');
  tell('ApiCallers', told.api.callers, 'Who may call it: iam (signed, service execute-api) or anybody');
  tell('EventBusName', told.bus.eventBusName, 'Where events are said');
  tell('BucketName', told.files.bucketName, 'Where files lie');
  for (const { name, queue, deadLetterQueue } of told.workers) {
    tell(`${constructId(name)}QueueUrl`, queue.queueUrl, 'Work');
    tell(`${constructId(name)}DeadLetterQueueUrl`, deadLetterQueue.queueUrl, 'Work that could not be done');
  }
  tell('UndeliveredQueueUrl', told.deadLetters.undelivered.queueUrl, 'Events a rule could not deliver');
  if (told.webhookSecret) tell('WebhookSecretArn', told.webhookSecret.secretArn, 'What webhooks are signed with');
}
