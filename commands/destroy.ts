import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import { emptyBucket } from '../aws/empty-bucket.ts';
import { explain } from '../aws/explain.ts';
import { bucketsToEmpty, cloudFormation, findStack, keptResources, type Kept } from '../aws/stacks.ts';
import { cdk } from '../lib/cdk.ts';
import { type AwsStage, readStage, WrongUse } from '../lib/deployable.ts';

const HELP = `npm run destroy [-- options]

Deletes both stacks of a stage from the AWS account of your credentials with every file in them, and names what stays on
purpose. It takes tens of minutes: AWS gives the functions' network interfaces back that slowly. Where one failed, the next
goes on.

  --stage <stage>   dev (the default) or prod
  --yes             do not ask
  --help            this text

Environment: AWS credentials and region as for any AWS tool (AWS_PROFILE, AWS_REGION, …).
Exit codes: 0 destroyed, or nothing was there · 1 failed · 64 called wrongly
`;

/** A line of progress at most this often. */
const PROGRESS_MS = 3000;

const say = (text: string) => void process.stdout.write(`${text}\n`);

await destroy().catch((error: unknown) => {
  const wrong = error instanceof WrongUse;
  process.stderr.write(`nedlia: ${explain(error)}\n${wrong ? `\n${HELP}` : ''}`);
  process.exitCode = wrong ? 64 : 1;
});

async function destroy(): Promise<void> {
  const options = readOptions();
  if (!options) return say(HELP);
  const { stage, yes } = options;
  const aws = cloudFormation();
  const gone = async (name: string) => {
    const left = await findStack(aws, name);
    if (left) throw new Error(`${name} is still there (${left.StackStatus}): its events in CloudFormation say why`);
  };
  const found = (await Promise.all(namesOf(stage).map((name) => findStack(aws, name)))).filter(
    (stack) => stack !== undefined,
  );
  const there = found.map(({ StackName = '' }) => StackName);
  const region = await aws.config.region();
  if (there.length === 0) return say(`There is no stage ${stage} in ${region}: nothing to destroy.`);

  const guarded = found.find(({ EnableTerminationProtection }) => EnableTerminationProtection)?.StackName;
  if (guarded)
    throw new Error(`${guarded} is protected from being destroyed: docs/deploy.md#destroying says how to lift that`);

  // Looked up now: afterwards nobody remembers their names.
  const kept = (await Promise.all(there.map((name) => keptResources(aws, name)))).flat();
  if (!yes && !(await confirmed(stage, region, there))) return say('Nothing was destroyed.');

  const [running, data] = namesOf(stage);
  if (there.includes(running)) {
    say(`destroying ${running}; functions in a network take tens of minutes`);
    await cdk(['destroy', running, '--force'], { stage });
    await gone(running);
  }
  if (there.includes(data)) {
    // Nothing runs any more that could write, and CloudFormation deletes no bucket that holds something.
    for (const bucket of await bucketsToEmpty(aws, data)) await empty(bucket);
    say(`destroying ${data}`);
    await cdk(['destroy', '--all', '--force'], { stage });
    await gone(data);
  }
  say(`\nStage ${stage} is gone from ${region}.`);
  say(
    kept.length === 0
      ? 'Nothing of it is left.'
      : `What stays on purpose, and costs what it holds:\n${kept.map(line).join('\n')}`,
  );
  say(
    'Of the account, the stack CDKToolkit stays, which other CDK apps may use, and /aws/apigateway/welcome, a log group of API Gateway’s own.',
  );
}

/** What runs, and what holds data: in this order, for the second is used by the first. */
function namesOf(stage: AwsStage) {
  return [`nedlia-${stage}`, `nedlia-${stage}-data`] as const;
}

/** Tells how far it is: a bucket may hold millions of versions, and S3 deletes a thousand at a time. */
async function empty(bucket: string): Promise<void> {
  const client = new S3Client({
    forcePathStyle: Boolean(process.env['AWS_ENDPOINT_URL']), // an endpoint of our own has no name per bucket
    requestHandler: { requestTimeout: 60_000, throwOnRequestTimeout: true },
    maxAttempts: 8, // S3 asks whoever deletes much to slow down
  });
  let told = performance.now();
  try {
    const count = await emptyBucket(client, bucket, (deleted) => {
      if (performance.now() - told < PROGRESS_MS) return;
      told = performance.now();
      say(`emptying ${bucket}: ${deleted} versions deleted so far`);
    });
    say(count === 0 ? `${bucket} is empty` : `emptied ${bucket}: ${count} versions deleted`);
  } finally {
    client.destroy();
  }
}

function line({ type, name, snapshot }: Kept): string {
  return `  ${snapshot ? 'a last snapshot of ' : ''}${type.replace('AWS::', '')}  ${name}`;
}

async function confirmed(stage: string, region: string, stacks: string[]): Promise<boolean> {
  if (!process.stdin.isTTY) throw new WrongUse('nobody is there to be asked: add --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `Destroy ${stacks.join(' and ')} in ${region}, with what they hold? Type the stage's name (${stage}): `,
  );
  terminal.close();
  return answer.trim() === stage;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        stage: { type: 'string', default: 'dev' },
        yes: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values.help ? undefined : { stage: readStage(values.stage), yes: values.yes };
  } catch (error) {
    throw error instanceof WrongUse ? error : new WrongUse((error as Error).message);
  }
}
