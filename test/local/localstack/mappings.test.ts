import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { LocalStack } from '../../../local/localstack/localstack.ts';
import { mappingsGone, setMappings } from '../../../local/localstack/mappings.ts';
import { startAwsEndpoint } from '../../support/aws-endpoint.ts';

interface Mapping {
  UUID: string;
  State: string;
  FunctionArn: string;
}

/** Lambda of LocalStack 4.14 with these mappings: one that is being deleted is listed, and not to be had otherwise. */
async function lambda(t: TestContext, mappings: Mapping[]): Promise<LocalStack> {
  const { url: endpoint } = await startAwsEndpoint(t, ({ operation, input }) => {
    const found = mappings.find(({ UUID }) => operation.includes(UUID));
    if (operation.startsWith('GET ')) return { body: { EventSourceMappings: mappings } };
    if (!found || found.State === 'Deleting') {
      const headers = { 'x-amzn-errortype': 'ResourceNotFoundException' };
      return { status: 404, headers, body: { message: 'The resource you requested does not exist.' } };
    }
    found.State = input['Enabled'] ? 'Enabled' : 'Disabled';
    return { body: found };
  });
  return {
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  } as LocalStack;
}

const mapping = (UUID: string, State: string, name: string): Mapping => ({
  UUID,
  State,
  FunctionArn: `arn:aws:lambda:eu-central-1:000000000000:function:${name}`,
});

test('paused mappings wake, while what is being deleted and what is not ours is left alone', async (t) => {
  const all = [
    mapping('one', 'Disabled', 'nedlia-validator'),
    mapping('gone', 'Deleting', 'nedlia-notifier'),
    mapping('other', 'Disabled', 'somebody-elses'),
  ];
  const localstack = await lambda(t, all);
  await setMappings(localstack, true);
  assert.deepEqual(
    all.map(({ State }) => State),
    ['Enabled', 'Deleting', 'Disabled'],
  );
});

test('one that can never be deleted ends in a line that says so; one that can is waited for', async (t) => {
  const all = [mapping('gone', 'Deleting', 'nedlia-notifier')];
  const localstack = await lambda(t, all);
  await assert.rejects(mappingsGone(localstack, 0), {
    message: /^LocalStack cannot delete the paused mapping of nedlia-notifier.*: start LocalStack again$/,
  });
  setTimeout(() => all.splice(0), 100);
  await mappingsGone(localstack, 5000);
});
