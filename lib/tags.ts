import { type Stack, Tags } from 'aws-cdk-lib';
import packageJson from '../package.json' with { type: 'json' };
import type { StageName } from './stages.ts';

/** Says on every resource what it belongs to, in the words the spans use. */
export function tag(stack: Stack, stage: StageName): void {
  const tags = Tags.of(stack);
  tags.add('service.namespace', 'nedlia');
  tags.add('stage', stage);
  tags.add('version', packageJson.version);
}
