import path from 'node:path';
import { ensureAssembly } from '../assembly.ts';
import { type AssembledStack, parameterArguments, readAssembly } from './assembly.ts';
import { cdk, CdkFailed, type Progress } from './cdk.ts';
import { type Deployment, missingApi, readDeployment } from './deployment.ts';
import type { LocalStack } from './localstack.ts';
import { forgetLogs } from './logs.ts';
import { mappingsGone } from './mappings.ts';
import { migrateOnLocalStack } from './migrate.ts';
import type { Peers } from './peers.ts';
import { removeStacks } from './remove.ts';
import { isOurs, stacksOf } from './stacks.ts';

export interface DeployOptions {
  localstack: LocalStack;
  peers: Pick<Peers, 'functions' | 'webhookSecret'>;
  /** Where bundles and template are kept. */
  directory: string;
  /** Gets one line per finished step. */
  tell: (step: string, detail: string) => void;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

const BOOTSTRAP = 'CDKToolkit';
/** What LocalStack calls the account of the key "test". */
const ACCOUNT = '000000000000';

/**
 * Bootstraps LocalStack if it is not, deploys every stack of stage `local` (the bundles and the template that `npm start` runs)
 * and migrates the database. What stands already is updated in place, where LocalStack can.
 * @throws Error naming the resource that failed and why, or what the migration said.
 */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const { localstack, peers, tell, signal } = options;
  const running = { signal, ...(options.onProgress ? { onProgress: options.onProgress } : {}) };
  const assembly = await ensureAssembly(options.directory, signal ?? new AbortController().signal);
  tell('bundles and template', assembly.kept ? 'kept from the last time' : 'built');

  const stacks = stacksOf(localstack);
  const before = await stacks.all();
  if (!before.some(({ StackName, StackStatus }) => StackName === BOOTSTRAP && StackStatus?.endsWith('_COMPLETE'))) {
    await cdk(localstack, ['bootstrap', `aws://${ACCOUNT}/${localstack.region}`], running);
    tell('cdk bootstrap', `${BOOTSTRAP} in ${localstack.region}`);
  }

  const assembled = await readAssembly(assembly.folder);
  const parameters = parameterArguments(assembled, {
    DatabaseUrl: peers.functions.databaseUrl,
    WebhookUrl: peers.functions.webhookUrl,
    WebhookAllowHost: new URL(peers.functions.webhookUrl).hostname,
    WebhookSecrets: peers.webhookSecret,
    CollectorEndpoint: peers.functions.collectorEndpoint,
  });
  const app = ['--app', path.resolve(assembly.folder), '--method', 'direct', '--require-approval', 'never'];
  const attempt = async (): Promise<Failure | undefined> => {
    const said = await cdk(localstack, ['deploy', '--all', ...app, ...parameters], running).then(() => '', cdkFailed);
    return (await firstFailure(localstack, assembled)) ?? (said ? { reason: said, from: assembled.length } : undefined);
  };

  const standing = before.some(isOurs);
  if (!standing) await forgetLogs(localstack);
  if (!before.some(({ StackName }) => StackName === assembled.at(-1)?.name)) await mappingsGone(localstack);
  let failure = (await firstFailure(localstack, assembled)) ?? (await attempt());
  const anew = failure !== undefined && standing;
  if (failure && anew) {
    // LocalStack updates not everything that AWS does, and goes on from no failed operation.
    tell('to be made anew', failure.reason);
    const dependent = assembled.slice(failure.from).map(({ name }) => name);
    await removeStacks(localstack, dependent.toReversed());
    failure = await attempt();
  }
  if (failure) throw new Error(`the deployment failed: ${failure.reason}`);
  tell(standing && !anew ? 'cdk deploy, an update' : 'cdk deploy', assembled.map(({ name }) => name).join(', '));
  tell('schema', `migrations applied: ${await migrateOnLocalStack(localstack)}`);
  return readDeployment(localstack);
}

interface Failure {
  reason: string;
  /** Index of the stack that failed; those after it depend on it. */
  from: number;
}

async function firstFailure(localstack: LocalStack, assembled: AssembledStack[]): Promise<Failure | undefined> {
  const stacks = stacksOf(localstack);
  for (const [from, { name }] of assembled.entries()) {
    const reason = await stacks.failure(name);
    if (reason) return { reason, from };
  }
  // The API is in the last stack, the one that only runs.
  const reason = await missingApi(localstack);
  return reason ? { reason, from: assembled.length - 1 } : undefined;
}

function cdkFailed(error: unknown): string {
  if (error instanceof CdkFailed) return error.message;
  throw error;
}
