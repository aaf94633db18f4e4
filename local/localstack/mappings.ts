import { setTimeout as sleep } from 'node:timers/promises';
import {
  type EventSourceMappingConfiguration,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import type { LocalStack } from './localstack.ts';

const DONE_WITHIN_MS = 5000;
/** A mapping that polls is deleted when its poll is over, 20 s at most. */
const DELETED_WITHIN_MS = 25_000;

/**
 * Lets the queues feed the functions, or lets them keep their messages. They are paused while nobody is there whom the functions
 * could talk to: else every message would be tried against a database that is gone. And LocalStack ends in seconds then; with
 * mappings that poll, its shutdown took more than ten minutes (4.14, measured without containers).
 */
export async function setMappings({ endpoint, region, credentials }: LocalStack, enabled: boolean): Promise<void> {
  const client = new LambdaClient({ endpoint, region, credentials });
  const wanted = enabled ? 'Enabled' : 'Disabled';
  const others = async () =>
    (await ourMappings(client)).filter(({ State }) => State !== wanted && State !== 'Deleting');
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

/**
 * Waits until mappings on their way out are gone. One that was paused when its stack went never is: LocalStack 4.14 then neither
 * updates nor deletes it, and lets no other take its place. `npm run localstack -- --destroy` wakes them first, `cdk destroy` does not.
 * @throws Error when one stays: nothing but a new LocalStack helps.
 */
export async function mappingsGone(
  { endpoint, region, credentials }: LocalStack,
  withinMs: number = DELETED_WITHIN_MS,
): Promise<void> {
  const client = new LambdaClient({ endpoint, region, credentials });
  try {
    for (const deadline = Date.now() + withinMs; ; await sleep(250)) {
      const left = (await ourMappings(client)).find(({ State }) => State === 'Deleting');
      if (!left) return;
      if (Date.now() > deadline) {
        const name = left.FunctionArn?.split(':')[6];
        throw new Error(
          `LocalStack cannot delete the paused mapping of ${name}, whose stack is gone (by a plain cdk destroy?), nor make it anew: start LocalStack again`,
        );
      }
    }
  } finally {
    client.destroy();
  }
}

async function ourMappings(client: LambdaClient): Promise<EventSourceMappingConfiguration[]> {
  const { EventSourceMappings = [] } = await client.send(new ListEventSourceMappingsCommand({}));
  return EventSourceMappings.filter(({ FunctionArn }) => FunctionArn?.includes(':function:nedlia-'));
}
