import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { explain } from '../aws/explain.ts';
import { cloudFormation, findStack } from '../aws/stacks.ts';
import { cdk } from '../lib/cdk.ts';
import { isXRay, type OwnCollector, ownCollectorOf, readChoices, WEBHOOK_PARAMETER } from '../lib/choices.ts';
import { collectorIdle, cost, costBeyondFree, dollars, idle } from '../lib/cost.ts';
import { nextSteps } from '../lib/next-steps.ts';
import { type AwsStage, readSettings, readStage, WrongUse } from '../lib/deployable.ts';
import { stageOf } from '../lib/stages.ts';

const HELP = `npm run deploy [-- options]

Deploys the pipeline to the AWS account of your credentials, or updates it: bootstraps the CDK where that was never done,
then deploys both stacks of the stage, and says what to do next. docs/deploy.md has the rest.

  --stage <stage>            dev (the default) or prod
  -c, --context <key=value>  a setting of the stage, as often as needed:
                             webhookUrl (prod needs one), apiOpen, alarmEmail, collector (a URL, or fargate:
                             one of your own, with collectorTo, collectorEndpoint, coralogixDomain, collectorSecret)
  --yes                      do not ask, in stage prod, before permissions are widened
  --help                     this text

Environment: AWS credentials and region as for any AWS tool (AWS_PROFILE, AWS_REGION, …).
Exit codes: 0 deployed · 1 failed · 64 called wrongly
`;

/**
 * States in which a stack has parameters, but never stood or will be gone: `cdk deploy` creates it, and keeps none of them.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
 */
const MADE_ANEW = /^(?:REVIEW|ROLLBACK|DELETE)_/;

const began = performance.now();
const say = (text: string) => void process.stdout.write(`${text}\n`);
const tell = (step: string) => say(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${step}`);

await deploy().catch((error: unknown) => {
  const wrong = error instanceof WrongUse;
  process.stderr.write(`nedlia: ${explain(error)}\n${wrong ? `\n${HELP}` : ''}`);
  process.exitCode = wrong ? 64 : 1;
});

async function deploy(): Promise<void> {
  const options = readOptions();
  if (!options) return say(HELP);
  const { stage, context, yes, collector } = options;

  const aws = cloudFormation();
  const bootstrapped = await findStack(aws, 'CDKToolkit');
  const region = await aws.config.region();
  await hasWebhookTarget(aws, stage, context);
  aws.destroy();
  if (!bootstrapped) {
    tell(`bootstrap the CDK in ${region}, once per account and region`);
    await cdk(['bootstrap'], context);
  }

  tell(`deploy stage ${stage} to ${region}; the first time takes a quarter of an hour, most of it the database`);
  const outputs = await deployStacks(context, stage === 'prod' && !yes);
  tell(`stage ${stage} is deployed\n`);

  const open = outputs['ApiCallers'] === 'anybody';
  if (open) say('WARNING: the API is open to anybody who knows its address (apiOpen).\n');
  if (stage === 'prod' && !context['alarmEmail'])
    say('WARNING: nobody hears the alarms: deploy with -c alarmEmail=you@example.com, or subscribe to their topic.\n');
  const inXRay = collector ? collector.to.includes('xray') : !context['collector'] || isXRay(context['collector']);
  say(nextSteps({ region, outputs, open, inXRay }));
  const items = [...idle[stage], ...(collector ? collectorIdle[stage] : [])];
  const ofCollector = collector
    ? `, ${dollars(cost(collectorIdle[stage]))} of it for the Collector and its NAT gateway`
    : '';
  say(
    `\nIdle, this costs about ${dollars(cost(items))} a month${ofCollector}; ${dollars(costBeyondFree(items))} while the account's free tiers are left (docs/deploy.md#what-it-costs).\nnpm run destroy -- --stage ${stage} ends it.`,
  );
}

/**
 * A stage without a receiver of its own needs to be told where webhooks go, or CloudFormation asks for it once the database stands, a
 * quarter of an hour later. One that was given as a parameter is kept from deployment to deployment, unless the stack is made anew.
 */
async function hasWebhookTarget(aws: CloudFormationClient, stage: AwsStage, context: Record<string, string>) {
  if (stageOf(stage).receivesWebhooks || context['webhookUrl']) return;
  const { StackStatus = '', Parameters = [] } = (await findStack(aws, `nedlia-${stage}`)) ?? {};
  if (!MADE_ANEW.test(StackStatus) && Parameters.some(({ ParameterKey }) => ParameterKey === WEBHOOK_PARAMETER)) return;
  throw new WrongUse(`stage ${stage} needs to know where webhooks go: -c webhookUrl=https://…`);
}

/** @returns the outputs of all stacks in one. */
async function deployStacks(context: Record<string, string>, asks: boolean): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'nedlia-deploy-'));
  try {
    const file = join(folder, 'outputs.json');
    const approval = asks ? 'broadening' : 'never';
    await cdk(['deploy', '--all', '--require-approval', approval, '--outputs-file', file], context);
    const perStack = JSON.parse(await readFile(file, 'utf8')) as Record<string, Record<string, string>>;
    return Object.assign({}, ...Object.values(perStack)) as Record<string, string>;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The one that is deployed with it, if any; what it still needs is said before anything is. */
function collectorOf(stage: AwsStage, context: Record<string, string>): OwnCollector | undefined {
  try {
    const choices = readChoices((name) => context[name]);
    return ownCollectorOf(stage, choices);
  } catch (error) {
    throw new WrongUse((error as Error).message);
  }
}

function readOptions() {
  const { values } = read();
  if (values.help) return undefined;
  const stage = readStage(values.stage);
  const context: Record<string, string> = { ...readSettings(values.context), stage };
  return { stage, yes: values.yes, context, collector: collectorOf(stage, context) };
}

function read() {
  try {
    return parseArgs({
      options: {
        stage: { type: 'string', default: 'dev' },
        context: { type: 'string', short: 'c', multiple: true, default: [] },
        yes: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new WrongUse((error as Error).message);
  }
}
