import assert from 'node:assert/strict';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { XRayClient } from '@aws-sdk/client-xray';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { deployedFunctions } from './deployed-functions.ts';
import type { Ground } from './place.ts';
import { signedFetch } from './signed-fetch.ts';
import { readXRay } from './xray-traces.ts';

/** What the run's global set-up hands to every test process, in `NEDLIA_AWS`. */
export interface AwsDetails {
  region: string;
  outputs: Record<string, string>;
  /** When the run began, in milliseconds since 1970: what was printed before is of no interest. */
  began: number;
}

/** A stage deployed to the account of this machine's credentials, as test/aws.ts found it. */
export function openAws(): Ground {
  const { region, outputs, began } = JSON.parse(
    process.env['NEDLIA_AWS'] ?? assert.fail('run npm run test:aws'),
  ) as AwsDetails;
  const output = (name: string) => outputs[name] ?? assert.fail(`no output ${name}`);
  const config = { region, credentials: defaultProvider() };
  const functions = deployedFunctions(config, began);
  const sqs = new SQSClient(config);
  const eventBridge = new EventBridgeClient(config);
  const s3 = new S3Client(config);
  const xray = new XRayClient(config);

  return {
    apiUrl: output('ApiUrl').replace(/\/$/, ''),
    ask: signedFetch(config),
    collector: readXRay(xray),
    webhooks: () => assert.fail('the deployed receiver keeps none: webhookContents in test/support/differences.ts'),
    output,
    sqs,
    eventBridge,
    object: async (Bucket, Key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToString()) ?? '';
    },
    invoke: functions.invoke,
    logs: functions.logs,
    kill: () => assert.fail('nothing can be killed here'),
    patienceMs: 120_000,
    close: () => {
      for (const client of [sqs, eventBridge, s3, xray, functions]) client.destroy();
      return Promise.resolve();
    },
  };
}
