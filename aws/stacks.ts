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
  const all = await resourcesWithPolicy(client, StackName);
  return all.flatMap(({ type, name, policy }) =>
    policy === 'Retain' || policy === 'Snapshot' ? [{ type, name, snapshot: policy === 'Snapshot' }] : [],
  );
}

/** The buckets that go with their stack, as its deployed template says: each has to be empty by then (`emptyBucket`). */
export async function bucketsToEmpty(client: CloudFormationClient, StackName: string): Promise<string[]> {
  const all = await resourcesWithPolicy(client, StackName);
  return all.flatMap(({ type, name, policy, status }) =>
    // One deleted by an earlier try has given its name away: to anybody.
    type === 'AWS::S3::Bucket' && policy === 'Delete' && status !== 'DELETE_COMPLETE' ? [name] : [],
  );
}

async function resourcesWithPolicy(client: CloudFormationClient, StackName: string) {
  const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName, TemplateStage: 'Original' }));
  const { Resources = {} } = JSON.parse(TemplateBody) as { Resources?: Record<string, { DeletionPolicy?: string }> };
  const there = await resources(client, StackName);
  return there.flatMap(({ LogicalResourceId: id = '', PhysicalResourceId: name, ResourceType: type = '', ...one }) =>
    name ? [{ type, name, policy: Resources[id]?.DeletionPolicy ?? 'Delete', status: one.ResourceStatus }] : [],
  );
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
