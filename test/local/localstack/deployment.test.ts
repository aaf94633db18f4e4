import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { missingApi } from '../../../local/localstack/deployment.ts';
import type { LocalStack } from '../../../local/localstack/localstack.ts';
import { type AwsAnswer, startAwsEndpoint } from '../../support/aws-endpoint.ts';

/** LocalStack with a stack whose API answers like this. */
async function withApi(t: TestContext, api: AwsAnswer): Promise<LocalStack> {
  const output = `<member><OutputKey>ApiUrl</OutputKey><OutputValue>https://abc.execute-api.localhost.localstack.cloud:4566/local/</OutputValue></member>`;
  const stack = `<member><StackName>nedlia-local</StackName><StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-11-20T12:00:00Z</CreationTime><Outputs>${output}</Outputs></member>`;
  const stacks = `<DescribeStacksResponse><DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult></DescribeStacksResponse>`;
  const { url: endpoint } = await startAwsEndpoint(t, ({ operation }) =>
    operation === 'GET /_aws/execute-api/abc/local/health'
      ? api
      : { headers: { 'content-type': 'text/xml' }, body: stacks },
  );
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { endpoint, region: 'eu-central-1', credentials } as LocalStack;
}

test('an API whose stage is gone is missed, one that answers anything else is not', async (t) => {
  const body = '{"message":"The API id \'abc\' does not correspond to a deployed API Gateway API"}';
  assert.match(String(await missingApi(await withApi(t, { status: 404, body }))), /took the stage of the API away/);
  assert.equal(await missingApi(await withApi(t, { status: 503, body: '{"status":"down"}' })), undefined);
});

test('one that does not answer at all is not waited for without end', { timeout: 30_000 }, async (t) => {
  assert.equal(await missingApi(await withApi(t, { never: true }), 100), undefined);
});
