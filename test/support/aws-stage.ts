import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { findStack } from '../../aws/stacks.ts';
import { type AwsStage, readStage } from '../../lib/deployable.ts';
import { stageOf } from '../../lib/stages.ts';

/** A stage of the account at hand that the suite may use. */
export interface FoundStage {
  stage: AwsStage;
  region: string;
  outputs: Record<string, string>;
}

/**
 * Finds the stage that `NEDLIA_STAGE` names.
 * @throws Error in one line: when none is named or deployed, when it keeps its data, or when its traces could not be found.
 */
export async function findAwsStage(env: NodeJS.ProcessEnv, client: CloudFormationClient): Promise<FoundStage> {
  const named = env['NEDLIA_STAGE'];
  if (!named) throw new Error('no stage is named, and none is taken unasked: NEDLIA_STAGE=dev npm run test:aws');
  const stage = readStage(named);
  if (stageOf(stage).keepsData) {
    throw new Error(
      `stage ${stage} keeps its data, and this suite leaves placements and files: name a stage to be destroyed`,
    );
  }
  const region = await client.config.region();
  const outputs: Record<string, string> = {};
  for (const name of [`nedlia-${stage}-data`, `nedlia-${stage}`]) {
    const stack = await findStack(client, name);
    if (!stack) throw new Error(`${name} is not in ${region}: npm run deploy -- --stage ${stage}`);
    if (!/^(CREATE|UPDATE)_COMPLETE$/.test(stack.StackStatus ?? '')) {
      throw new Error(`${name} is ${stack.StackStatus}: deploy it first, or wait`);
    }
    for (const { OutputKey = '', OutputValue = '' } of stack.Outputs ?? []) outputs[OutputKey] = OutputValue;
  }
  if (outputs['ApiCallers'] !== 'iam') {
    throw new Error(
      `the API of stage ${stage} is open (apiOpen), and a caller's trace then only linked: deploy it without`,
    );
  }
  return { stage, region, outputs };
}
