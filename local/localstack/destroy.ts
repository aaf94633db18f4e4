import { removeBucket } from './buckets.ts';
import type { LocalStack } from './localstack.ts';
import { removeStacks } from './remove.ts';
import { isOurs, stacksOf } from './stacks.ts';

const BOOTSTRAP = 'CDKToolkit';

/**
 * Removes the stacks of stage `local`, newest first, and the bootstrap stack with its bucket when nothing else needs it.
 * @returns the names of the stacks that were there.
 */
export async function destroy(localstack: LocalStack, tell: (step: string, detail: string) => void): Promise<string[]> {
  const stacks = stacksOf(localstack);
  const removed: string[] = [];
  const all = await stacks.all();
  const newestFirst = all.toSorted((a, b) => Number(b.CreationTime) - Number(a.CreationTime));
  await removeStacks(
    localstack,
    newestFirst.filter(isOurs).map(({ StackName = '' }) => StackName),
    (name) => {
      removed.push(name);
      tell('removed', name);
    },
  );

  const left = await stacks.all();
  const bootstrap = left.find(({ StackName }) => StackName === BOOTSTRAP);
  if (!bootstrap || left.length > 1) return removed;
  const staging = bootstrap.Outputs?.find(({ OutputKey }) => OutputKey === 'BucketName')?.OutputValue;
  await stacks.remove(BOOTSTRAP);
  if (staging) await removeBucket(localstack, staging); // the template retains it, and a second bootstrap would find it
  tell('removed', BOOTSTRAP);
  return [...removed, BOOTSTRAP];
}
