import { setTimeout as sleep } from 'node:timers/promises';
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import type { LocalStack } from './localstack.ts';

const DONE_WITHIN_MS = 5000;

/**
 * Lets the queues feed the functions, or lets them keep their messages. They are paused while nobody is there whom the functions
 * could talk to: else every message would be tried against a database that is gone. And LocalStack ends in seconds then; with
 * mappings that poll, its shutdown took more than ten minutes (4.14, measured without containers).
 */
export async function setMappings({ endpoint, region, credentials }: LocalStack, enabled: boolean): Promise<void> {
  const client = new LambdaClient({ endpoint, region, credentials });
  const wanted = enabled ? 'Enabled' : 'Disabled';
  const others = async () => {
    const { EventSourceMappings = [] } = await client.send(new ListEventSourceMappingsCommand({}));
    const ours = EventSourceMappings.filter(({ FunctionArn }) => FunctionArn?.includes(':function:nedlia-'));
    return ours.filter(({ State }) => State !== wanted);
  };
  try {
    for (const { UUID } of await others()) {
      await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: enabled }));
    }
    for (const deadline = Date.now() + DONE_WITHIN_MS; (await others()).length > 0 && Date.now() < deadline;) {
      await sleep(100);
    }
  } finally {
    client.destroy();
  }
}
