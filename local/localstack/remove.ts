import { emptyBucketsOf } from './buckets.ts';
import type { LocalStack } from './localstack.ts';
import { forgetLogs } from './logs.ts';
import { setMappings } from './mappings.ts';
import { stacksOf } from './stacks.ts';

/** Removes stacks in this order, with what LocalStack 4.14 would leave behind: paused mappings, and logs that come late. */
export async function removeStacks(
  localstack: LocalStack,
  names: string[],
  onRemoved: (name: string) => void = () => {},
): Promise<void> {
  const stacks = stacksOf(localstack);
  await setMappings(localstack, true);
  for (const name of names) {
    await emptyBucketsOf(localstack, name); // what writes into them is in a stack removed before
    await stacks.remove(name);
    onRemoved(name);
  }
  await forgetLogs(localstack);
}
