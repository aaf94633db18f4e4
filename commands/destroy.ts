import { parseArgs } from 'node:util';
import { createInterface } from 'node:readline/promises';
import { explain } from '../aws/explain.ts';
import { cloudFormation, findStack, keptResources, type Kept } from '../aws/stacks.ts';
import { cdk } from '../lib/cdk.ts';
import { readStage, WrongUse } from '../lib/deployable.ts';

const HELP = `npm run destroy [-- options]

Deletes both stacks of a stage from the AWS account of your credentials, and names what stays on purpose. It takes tens of
minutes: AWS gives the functions' network interfaces back that slowly.

  --stage <stage>   dev (the default) or prod
  --yes             do not ask
  --help            this text

Environment: AWS credentials and region as for any AWS tool (AWS_PROFILE, AWS_REGION, …).
Exit codes: 0 destroyed, or nothing was there · 1 failed · 64 called wrongly
`;

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
  const find = async () =>
    (await Promise.all([`nedlia-${stage}`, `nedlia-${stage}-data`].map((name) => findStack(aws, name)))).filter(
      (stack) => stack !== undefined,
    );
  const found = await find();
  const there = found.map(({ StackName = '' }) => StackName);
  const region = await aws.config.region();
  if (there.length === 0) return say(`There is no stage ${stage} in ${region}: nothing to destroy.`);

  const guarded = found.find(({ EnableTerminationProtection }) => EnableTerminationProtection)?.StackName;
  if (guarded)
    throw new Error(`${guarded} is protected from being destroyed: docs/deploy.md#destroying says how to lift that`);

  // Looked up now: afterwards nobody remembers their names.
  const kept = (await Promise.all(there.map((name) => keptResources(aws, name)))).flat();
  if (!yes && !(await confirmed(stage, region, there))) return say('Nothing was destroyed.');

  say(`destroying ${there.join(' and ')}; functions in a network take tens of minutes`);
  await cdk(['destroy', '--all', '--force'], { stage });
  const [left] = await find();
  if (left)
    throw new Error(`${left.StackName} is still there (${left.StackStatus}): its events in CloudFormation say why`);
  say(`\nStage ${stage} is gone from ${region}.`);
  say(
    kept.length === 0
      ? 'Nothing of it is left.'
      : `What stays on purpose, and costs what it holds:\n${kept.map(line).join('\n')}`,
  );
  say('The stack CDKToolkit stays as well: other CDK apps of this account may use it.');
}

function line({ type, name, snapshot }: Kept): string {
  return `  ${snapshot ? 'a last snapshot of ' : ''}${type.replace('AWS::', '')}  ${name}`;
}

async function confirmed(stage: string, region: string, stacks: string[]): Promise<boolean> {
  if (!process.stdin.isTTY) throw new WrongUse('nobody is there to be asked: add --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `Destroy ${stacks.join(' and ')} in ${region}? Type the stage's name (${stage}): `,
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
