import type { TestContext } from 'node:test';
import { startAwsEndpoint } from './aws-endpoint.ts';

/** A stack as CloudFormation tells of it: its resources by logical id. */
export interface FakeStack {
  guarded?: boolean;
  status?: string;
  outputs?: Record<string, string>;
  resources?: Record<string, { type: string; name: string; deletionPolicy?: string; status?: string }>;
  /** Names of its parameters. */
  parameters?: string[];
}

/** CloudFormation with the stacks there are at the moment, over HTTP and in its own language. */
export async function fakeCloudFormation(
  t: Pick<TestContext, 'after'>,
  stacks: () => Record<string, FakeStack>,
): Promise<{ env: Record<string, string> }> {
  const { url } = await startAwsEndpoint(t, ({ body }) => {
    const asked = new URLSearchParams(body);
    const action = asked.get('Action') ?? '';
    const name = asked.get('StackName') ?? '';
    const stack = stacks()[name];
    if (!stack) {
      const error = `<Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message></Error>`;
      return { status: 400, body: `<ErrorResponse>${error}<RequestId>r</RequestId></ErrorResponse>` };
    }
    const result = `<${action}Result>${answers[action]?.(name, stack) ?? ''}</${action}Result>`;
    return { headers: { 'content-type': 'text/xml' }, body: `<${action}Response>${result}</${action}Response>` };
  });
  return {
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  };
}

const answers: Record<string, (name: string, stack: FakeStack) => string> = {
  DescribeStacks: (name, { guarded = false, status = 'CREATE_COMPLETE', outputs = {}, parameters = [] }) =>
    `<Stacks><member><StackName>${name}</StackName><StackStatus>${status}</StackStatus><CreationTime>2026-11-20T12:00:00Z</CreationTime><EnableTerminationProtection>${guarded}</EnableTerminationProtection><Parameters>${parameters
      .map((key) => `<member><ParameterKey>${key}</ParameterKey><ParameterValue>****</ParameterValue></member>`)
      .join('')}</Parameters><Outputs>${Object.entries(outputs)
      .map(([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`)
      .join('')}</Outputs></member></Stacks>`,
  GetTemplate: (_, { resources = {} }) => {
    const Resources = Object.fromEntries(
      Object.entries(resources).map(([id, { deletionPolicy }]) => [id, { DeletionPolicy: deletionPolicy }]),
    );
    return `<TemplateBody>${JSON.stringify({ Resources }).replaceAll('"', '&quot;')}</TemplateBody>`;
  },
  ListStackResources: (_, { resources = {} }) =>
    `<StackResourceSummaries>${Object.entries(resources)
      .map(
        ([id, { type, name, status = 'CREATE_COMPLETE' }]) =>
          `<member><LogicalResourceId>${id}</LogicalResourceId><PhysicalResourceId>${name}</PhysicalResourceId><ResourceType>${type}</ResourceType><ResourceStatus>${status}</ResourceStatus><LastUpdatedTimestamp>2026-11-20T12:00:00Z</LastUpdatedTimestamp></member>`,
      )
      .join('')}</StackResourceSummaries>`,
};
