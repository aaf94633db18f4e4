import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct, type IDependable } from 'constructs';
import { service } from '../events/catalogue.ts';
import type { env } from '../lambdas/migrate/env.ts';
import { acknowledgeWildcard } from './acknowledged.ts';
import type { Database } from './database.ts';
import { PipelineFunction } from './function.ts';
import type { Surroundings } from './surroundings.ts';
import { stageOf } from './stages.ts';

export interface MigrationsProps {
  surroundings: Surroundings;
  databaseUrl: string;
  database?: Database | undefined;
}

/**
 * Brings the schema up to date in the middle of a deployment, before any function is that needs it. A migration that fails
 * fails the deployment, with its own message (docs/decisions/0014).
 */
export class Migrations extends Construct {
  /** What has to wait for the schema depends on this. */
  readonly done: IDependable;

  constructor(scope: Construct, id: string, { surroundings, databaseUrl, database }: MigrationsProps) {
    super(scope, id);
    const migrate = new PipelineFunction<typeof env>(this, 'Function', {
      surroundings,
      service: service.migrate,
      environment: { DATABASE_URL: databaseUrl, DATABASE_OWNER_SECRET_ARN: database?.ownerSecret.secretArn },
      database,
      timeout: Duration.minutes(14), // an index on a large table; the provider waits for 15
      memoryMiB: 256, // it waits for the database
    });
    database?.admitAsOwner(migrate);

    // From outside of the network, which has no way to CloudFormation but the bucket it listens at.
    const logs = new LogGroup(this, 'ProviderLogs', {
      retention: stageOf(surroundings.stage).logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'ProviderRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logs.grantWrite(role);
    const provider = new Provider(this, 'Provider', {
      onEventHandler: migrate,
      frameworkOnEventRole: role,
      logGroup: logs,
    });

    const { logicalId } = migrate.node.defaultChild as CfnFunction;
    acknowledgeWildcard(role, 'migrate', `<${Stack.of(this).resolve(logicalId)}.Arn>:*`);

    this.done = new CustomResource(this, 'Schema', {
      serviceToken: provider.serviceToken,
      properties: { Migrations: fingerprint(), Database: databaseUrl }, // another database needs its schema too
    });
  }
}

/** Another one as soon as a migration is added. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const files = globSync(join(import.meta.dirname, '../store/{migrations/*,access}.ts')).toSorted();
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}
