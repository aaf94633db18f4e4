import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type PipelineOptions, startPipeline } from '../../local/pipeline.ts';
import { freshDatabase } from './database.ts';
import type { Ground } from './place.ts';

/** What AWS on loopback is to do wrong. */
export type Faults = NonNullable<PipelineOptions['faults']>;

/** The pipeline that `npm start` runs, with a database of the file's own. Its bundles come from the run's global set-up. */
export async function openLoopback({ faults }: { faults?: Faults }): Promise<Ground> {
  const directory = await mkdtemp(path.join(tmpdir(), 'nedlia-e2e-'));
  const done: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })];
  // Not the default `after`: within a hook it would mean after this hook.
  const { url } = await freshDatabase({ after: (drop) => void done.push(drop) });
  const lines: { name: string; line: string }[] = [];
  const pipeline = await startPipeline({
    directory,
    assembly: process.env['TEST_ASSEMBLY'],
    env: { PORT: '0', DATABASE_URL: url },
    tell: () => {},
    signal: new AbortController().signal,
    onFunctionLine: (name, line) => lines.push({ name, line }),
    ...(faults ? { faults } : {}),
  });
  const { apiUrl, aws, collector, receiver } = pipeline;
  const functionOf = (name: string) => aws.functions.find((fn) => fn.name === name) ?? assert.fail(`no ${name}`);
  const client = {
    endpoint: aws.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  };

  return {
    apiUrl,
    collector,
    webhooks: () => Promise.resolve(receiver?.received() ?? []),
    output: (name) => aws.outputs[name] ?? assert.fail(`no output ${name}`),
    sqs: new SQSClient({ ...client, useQueueUrlAsEndpoint: false }),
    eventBridge: new EventBridgeClient(client),
    object: async (bucket, key) => (await fetch(`${aws.endpoint}/${bucket}/${key}`)).text(),
    invoke: (name, event) => functionOf(name).invoke(event),
    logs: (name) => Promise.resolve(lines.filter((said) => said.name === name).map(({ line }) => line)),
    kill: (name) => functionOf(name).kill(),
    patienceMs: 20_000,
    close: async () => {
      await pipeline.stop();
      for (const one of done.toReversed()) await one();
    },
  };
}
