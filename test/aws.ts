import { setTimeout as sleep } from 'node:timers/promises';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { explain } from '../aws/explain.ts';
import { cloudFormation } from '../aws/stacks.ts';
import { type FoundStage, findAwsStage } from './support/aws-stage.ts';
import { describeDifferences } from './support/differences.ts';
import type { AwsDetails } from './support/place-aws.ts';
import { signedFetch } from './support/signed-fetch.ts';

/** A paused database resumes in 15 to 35 seconds. */
const AWAKE_WITHIN_MS = 90_000;

const say = (line: string) => process.stderr.write(`${line}\n`);

/** Takes the stage that `NEDLIA_STAGE` names as it is deployed; deploys nothing and removes nothing. */
export async function globalSetup(): Promise<void> {
  const found = await findAwsStage(process.env, cloudFormation()).catch(refuse);
  const { region, outputs } = found;
  say(
    `stage ${found.stage} in ${region}, ${outputs['ApiUrl']}: some hundred placements, their events, files and webhooks are made and ` +
      "stay; what waits in the file generator's dead-letter queue is put back. It takes many minutes, most of them X-Ray's, and " +
      'costs some cents, most of them for the database that is woken.',
  );
  for (const line of describeDifferences('aws')) say(line);
  await awake(found).catch(refuse);
  const details: AwsDetails = { region, outputs, began: Date.now() };
  process.env['NEDLIA_PLACE'] = 'aws';
  process.env['NEDLIA_AWS'] = JSON.stringify(details);
}

/** Waits until the API answers: the first request finds the database paused. */
async function awake({ region, outputs }: FoundStage): Promise<void> {
  const ask = signedFetch({ region, credentials: defaultProvider() });
  for (const deadline = Date.now() + AWAKE_WITHIN_MS; ; await sleep(2000)) {
    const answer = await ask(`${outputs['ApiUrl']}v1/videos?limit=1`, { method: 'GET', headers: {} });
    if (answer.ok) return;
    const said = `GET /v1/videos was answered ${answer.status}: ${await answer.text()}`;
    if (answer.status === 403) throw new Error(`${said}: these credentials need execute-api:Invoke on the API`);
    if (Date.now() > deadline) throw new Error(said);
  }
}

function refuse(error: unknown): never {
  say(`nedlia: ${explain(error)}`);
  return process.exit(1);
}
