/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { DataStack } from '../lib/data-stack.ts';
import { PipelineStack } from '../lib/pipeline-stack.ts';
import { isStageName, stages } from '../lib/stages.ts';

const app = new App({
  analyticsReporting: false, // no metadata resource: the template says only what we say
  context: { 'aws:cdk:enable-asset-metadata': true }, // names each function's code in the assembly, as the cdk command does
});

const stage: unknown = app.node.tryGetContext('stage') ?? 'local';
if (!isStageName(stage)) {
  process.stderr.write(`there is no stage ${JSON.stringify(stage)}; there is: ${Object.keys(stages).join(', ')}\n`);
  process.exit(1);
}

const bundles: unknown = app.node.tryGetContext('bundles') ?? join(import.meta.dirname, '../dist');
const data = new DataStack(app, `nedlia-${stage}-data`, { stage });
new PipelineStack(app, `nedlia-${stage}`, { stage, data, bundles: String(bundles) });

app.synth();
