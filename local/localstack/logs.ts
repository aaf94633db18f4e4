import { CloudWatchLogsClient, DeleteLogGroupCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { LocalStack } from './localstack.ts';

/**
 * Removes log groups of our functions that no stack has any more: the last lines of a function that a deletion has called arrive
 * after its group is gone and bring it back, and then the next deployment cannot create it.
 */
export async function forgetLogs({ endpoint, region, credentials }: LocalStack): Promise<void> {
  const client = new CloudWatchLogsClient({ endpoint, region, credentials });
  try {
    const { logGroups = [] } = await client.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/lambda/nedlia-' }),
    );
    for (const { logGroupName } of logGroups) await client.send(new DeleteLogGroupCommand({ logGroupName }));
  } finally {
    client.destroy();
  }
}
