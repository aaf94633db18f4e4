import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import type { LocalStack } from './localstack.ts';

/**
 * Lets the queues feed the functions, or lets them keep their messages. They are paused while nobody is there whom the functions
 * could talk to: else every message would be tried against a database that is gone. And LocalStack ends in seconds then; with
 * mappings that poll, its shutdown took more than ten minutes (4.14, measured without containers).
 */
export async function setMappings({ endpoint, region, credentials }: LocalStack, enabled: boolean): Promise<void> {
  const client = new LambdaClient({ endpoint, region, credentials });
  try {
    const { EventSourceMappings = [] } = await client.send(new ListEventSourceMappingsCommand({}));
    const ours = EventSourceMappings.filter(({ FunctionArn }) => FunctionArn?.includes(':function:nedlia-'));
    for (const { UUID, State } of ours) {
      if ((State === 'Enabled') === enabled) continue;
      await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: enabled }));
    }
  } finally {
    client.destroy();
  }
}
