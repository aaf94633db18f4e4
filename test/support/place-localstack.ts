import assert from 'node:assert/strict';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readCollector } from '../../local/collector/read.ts';
import type { LocalStack } from '../../local/localstack/localstack.ts';
import type { ReceivedWebhook } from '../../local/receiver.ts';
import { deployedFunctions } from './deployed-functions.ts';
import type { Ground } from './place.ts';

/** What the run's global set-up hands to every test process, in `NEDLIA_LOCALSTACK`. */
export interface LocalStackDetails {
  localstack: Pick<LocalStack, 'endpoint' | 'region' | 'credentials'>;
  apiUrl: string;
  outputs: Record<string, string>;
  collectorEndpoint: string;
  receiverUrl: string;
}

/** Stage `local` as test/localstack.ts deployed it: one for all files, and what it keeps from earlier runs is still there. */
export function openLocalStack(): Ground {
  const details = process.env['NEDLIA_LOCALSTACK'] ?? assert.fail('run npm run test:localstack');
  const { localstack, apiUrl, outputs, collectorEndpoint, receiverUrl } = JSON.parse(details) as LocalStackDetails;
  const { endpoint } = localstack;
  const sqs = new SQSClient({ ...localstack, useQueueUrlAsEndpoint: false });
  const eventBridge = new EventBridgeClient(localstack);
  const functions = deployedFunctions(localstack);

  return {
    apiUrl,
    collector: readCollector(collectorEndpoint),
    webhooks: async () => (await (await fetch(receiverUrl)).json()) as ReceivedWebhook[],
    output: (name) => outputs[name] ?? assert.fail(`no output ${name}`),
    sqs,
    eventBridge,
    object: async (bucket, key) => (await fetch(`${endpoint}/${bucket}/${key}`)).text(),
    invoke: functions.invoke,
    logs: functions.logs,
    kill: () => assert.fail('nothing can be killed here'),
    patienceMs: 60_000,
    close: () => {
      for (const client of [sqs, eventBridge, functions]) client.destroy();
      return Promise.resolve();
    },
  };
}
