/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { readChoices } from '../lib/choices.ts';
import { DataStack } from '../lib/data-stack.ts';
import { PipelineStack } from '../lib/pipeline-stack.ts';
import { isStageName, type StageName, stages } from '../lib/stages.ts';
import { synthValidated } from '../lib/validated.ts';

const app = new App({
  analyticsReporting: false, // no metadata resource: the template says only what we say
  context: {
    'aws:cdk:enable-asset-metadata': true, // names each function's code in the assembly, as the cdk command does
    '@aws-cdk/core:validateAgainstDefaultRules': true, // what CloudFormation would refuse stops the synthesis, and is no mere warning
  },
});
const context = (name: string): unknown => app.node.tryGetContext(name);
const said = context('bundles');
const bundles = typeof said === 'string' ? said : join(import.meta.dirname, '../dist');

try {
  const choices = readChoices(context);
  for (const stage of wanted(context('stage') ?? 'dev')) {
    const data = new DataStack(app, `nedlia-${stage}-data`, { stage, choices });
    new PipelineStack(app, `nedlia-${stage}`, { stage, data, bundles, choices });
  }
  synthValidated(app);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}

function wanted(stage: unknown): StageName[] {
  const names = Object.keys(stages).filter(isStageName);
  if (stage === 'all') return names;
  if (isStageName(stage)) return [stage];
  throw new Error(`there is no stage ${JSON.stringify(stage)}; there is: ${names.join(', ')}`);
}
