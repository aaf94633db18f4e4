import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
  type Stack,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';

/** A resource that stays when its stack goes. */
export interface Kept {
  type: string;
  /** Its name or id in AWS. */
  name: string;
  /** Not the resource itself, but a snapshot of it. */
  snapshot: boolean;
}

/** CloudFormation in the region and with the credentials of the environment. */
export const cloudFormation = (): CloudFormationClient => new CloudFormationClient();

/** @returns the stack of this name, or `undefined` when there is none. */
export async function findStack(client: CloudFormationClient, StackName: string): Promise<Stack | undefined> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    return stack?.StackStatus === 'DELETE_COMPLETE' ? undefined : stack;
  } catch (error) {
    if (error instanceof Error && error.message.includes('does not exist')) return undefined;
    throw error;
  }
}

/** What will be left of a stack when it is deleted, as its deployed template says. */
export async function keptResources(client: CloudFormationClient, StackName: string): Promise<Kept[]> {
  const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName, TemplateStage: 'Original' }));
  const { Resources = {} } = JSON.parse(TemplateBody) as { Resources?: Record<string, { DeletionPolicy?: string }> };
  const there = await resources(client, StackName);
  return there.flatMap(({ LogicalResourceId: id = '', PhysicalResourceId: name = id, ResourceType: type = '' }) => {
    const policy = Resources[id]?.DeletionPolicy;
    return policy === 'Retain' || policy === 'Snapshot' ? [{ type, name, snapshot: policy === 'Snapshot' }] : [];
  });
}

async function resources(client: CloudFormationClient, StackName: string): Promise<StackResourceSummary[]> {
  const found: StackResourceSummary[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListStackResourcesCommand({ StackName, ...(NextToken && { NextToken }) }));
    found.push(...(page.StackResourceSummaries ?? []));
    ({ NextToken } = page);
  } while (NextToken);
  return found;
}
