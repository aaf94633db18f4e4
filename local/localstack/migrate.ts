import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { service } from '../../events/catalogue.ts';
import type { Answer, Request } from '../../lambdas/migrate/prepare.ts';
import type { LocalStack } from './localstack.ts';

/**
 * Does what CloudFormation does on AWS in the middle of a deployment: calls the deployed function that migrates. LocalStack 4.14
 * knows no custom resources; it leaves them out and says so in its log alone.
 * @returns the names of the migrations that were applied.
 * @throws Error with the migration's own message.
 */
export async function migrateOnLocalStack({ endpoint, region, credentials }: LocalStack): Promise<string> {
  const client = new LambdaClient({ endpoint, region, credentials });
  try {
    const request: Request = { RequestType: 'Create' };
    const answer = await client.send(
      new InvokeCommand({ FunctionName: service.migrate, Payload: JSON.stringify(request) }),
    );
    const said = JSON.parse(answer.Payload?.transformToString() || '{}') as Answer & { errorMessage?: string };
    if (answer.FunctionError) throw new Error(`the migration failed: ${said.errorMessage?.replaceAll(/\s+/g, ' ')}`);
    return said.Data.Applied;
  } finally {
    client.destroy();
  }
}
