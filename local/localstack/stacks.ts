import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Stack,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import type { LocalStack } from './localstack.ts';

/** What CloudFormation says of the stacks there are. */
export interface Stacks {
  all(): Promise<Stack[]>;
  /** The outputs of every stack named `nedlia-local…` in one. */
  outputs(): Promise<Record<string, string>>;
  /**
   * Why a stack is not what its template says: the first resource of the last operation that failed, in its own words. Asked of the
   * events, for LocalStack calls a stack complete whose update has failed; `undefined` when all is well or there is no such stack.
   */
  failure(stack: string): Promise<string | undefined>;
  /** Deletes a stack as CloudFormation does and waits until it is gone. */
  remove(stack: string): Promise<void>;
}

const OURS = 'nedlia-local';

/** @returns whether a stack is one of stage `local`. */
export const isOurs = ({ StackName }: Pick<Stack, 'StackName'>): boolean =>
  StackName === OURS || StackName?.startsWith(`${OURS}-`) === true;

/** Looks at CloudFormation on LocalStack. */
export function stacksOf({ endpoint, region, credentials }: LocalStack): Stacks {
  const client = new CloudFormationClient({ endpoint, region, credentials });
  const all = async () => {
    const { Stacks: stacks = [] } = await client.send(new DescribeStacksCommand({}));
    return stacks.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  };

  return {
    all,
    outputs: async () => {
      const found = (await all()).filter(isOurs).flatMap(({ Outputs = [] }) => Outputs);
      const forPeople = found.filter(({ OutputKey }) => !OutputKey?.startsWith('ExportsOutput')); // what stacks hand each other
      return Object.fromEntries(forPeople.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
    },
    failure: async (stack) => {
      const found = (await all()).find(({ StackName }) => StackName === stack);
      if (!found) return undefined;
      const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: stack }));
      const failed = lastOperation(StackEvents).findLast(
        ({ ResourceStatus, ResourceStatusReason }) =>
          ResourceStatus?.endsWith('_FAILED') && ResourceStatusReason && !/cancelled/i.test(ResourceStatusReason),
      );
      if (failed) return `${failed.LogicalResourceId}: ${failed.ResourceStatusReason?.replaceAll(/\s+/g, ' ')}`;
      const whole = /^(CREATE|UPDATE)_COMPLETE$/.test(found.StackStatus ?? '') && found.Outputs;
      return whole ? undefined : `${stack} is ${found.StackStatus}${found.Outputs ? '' : ' without outputs'}`;
    },
    remove: async (stack) => {
      await client.send(new DeleteStackCommand({ StackName: stack }));
      for (const deadline = Date.now() + 120_000; ; await new Promise((resolve) => setTimeout(resolve, 250))) {
        if (!(await all()).some(({ StackName }) => StackName === stack)) return;
        if (Date.now() > deadline) throw new Error(`${stack} is still there after two minutes`);
      }
    },
  };
}

/** Newest first, down to where the operation began. */
function lastOperation(events: StackEvent[]): StackEvent[] {
  const began = events.findIndex(
    ({ ResourceType, ResourceStatus }) =>
      ResourceType === 'AWS::CloudFormation::Stack' && /^(CREATE|UPDATE)_IN_PROGRESS$/.test(ResourceStatus ?? ''),
  );
  return events.slice(0, began === -1 ? undefined : began);
}
