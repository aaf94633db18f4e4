import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Running, startOnLocalStack } from '../local/localstack/start.ts';
import { describeDifferences } from './support/differences.ts';
import type { LocalStackDetails } from './support/place-localstack.ts';

const say = (line: string) => process.stderr.write(`${line}\n`);

let running: Running | undefined;
let data: string | undefined;

/**
 * Deploys stage `local` to the LocalStack of `AWS_ENDPOINT_URL`, or updates it, for the whole run. Where no `DATABASE_URL` and no
 * container is found, PostgreSQL is this run's own and empty.
 */
export async function globalSetup(): Promise<void> {
  data = await mkdtemp(path.join(tmpdir(), `nedlia-test-${process.pid}-`)); // test/global.ts sweeps these when a run was killed
  await chmod(data, 0o711); // where PostgreSQL has to run as nobody, it has to get through
  const began = performance.now();
  const tell = (step: string, detail: string) =>
    say(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${step.padEnd(30)} ${detail}`);
  running = await startOnLocalStack({ directory: '.nedlia', data, env: process.env, tell }).catch((error: Error) => {
    say(`nedlia: ${error.message}`);
    return process.exit(1);
  });
  const { localstack, apiUrl, outputs, peers } = running;
  const place = peers.own ? 'localstack' : 'containers';
  for (const line of describeDifferences(place)) say(line);

  const details: LocalStackDetails = {
    localstack: { endpoint: localstack.endpoint, region: localstack.region, credentials: localstack.credentials },
    apiUrl,
    outputs,
    collectorEndpoint: peers.collector.endpoint,
    receiverUrl: peers.receiver.url,
  };
  process.env['NEDLIA_PLACE'] = place;
  process.env['NEDLIA_LOCALSTACK'] = JSON.stringify(details);
}

export async function globalTeardown(): Promise<void> {
  await running?.stop();
  if (data) await rm(data, { recursive: true, force: true });
}
