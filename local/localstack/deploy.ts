import path from 'node:path';
import { openDatabase } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { ensureAssembly } from '../assembly.ts';
import { parameterArguments, readAssembly } from './assembly.ts';
import { cdk, CdkFailed, type Progress } from './cdk.ts';
import type { LocalStack } from './localstack.ts';
import type { Peers } from './peers.ts';
import { isOurs, stacksOf } from './stacks.ts';

/** What stage `local` is made of once it is deployed. */
export interface Deployment {
  /** Without a slash at the end. */
  apiUrl: string;
  outputs: Record<string, string>;
}

export interface DeployOptions {
  localstack: LocalStack;
  peers: Pick<Peers, 'databaseUrl' | 'functions' | 'webhookSecret'>;
  /** Where bundles and template are kept. */
  directory: string;
  /** Gets one line per finished step. */
  tell: (step: string, detail: string) => void;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/**
 * Bootstraps LocalStack if it is not, and deploys every stack of stage `local`: the bundles and the template that `npm start` runs.
 * What stands already is updated in place.
 * @throws Error naming the resource that failed and why.
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
    WebhookSecrets: peers.webhookSecret,
    CollectorEndpoint: peers.functions.collectorEndpoint,
  });
  const args = [
    'deploy',
    '--all',
    '--app',
    path.resolve(assembly.folder),
    '--method',
    'direct',
    '--require-approval',
    'never',
  ];
  await cdk(localstack, [...args, ...parameters], running).catch(async (error: unknown) => {
    if (!(error instanceof CdkFailed)) throw error;
    const reasons = await Promise.all(assembled.map(({ name }) => stacks.failure(name).catch(() => undefined)));
    throw new Error(reasons.find(Boolean) ?? error.message, { cause: error });
  });
  tell(before.some(isOurs) ? 'cdk deploy, an update' : 'cdk deploy', assembled.map(({ name }) => name).join(', '));

  const db = openDatabase({ url: peers.databaseUrl, max: 1 });
  await migrate(db).finally(() => db.destroy());

  return readDeployment(localstack);
}

/** What stands on LocalStack already. Throws when nothing does. */
export async function readDeployment(localstack: LocalStack): Promise<Deployment> {
  const outputs = await stacksOf(localstack).outputs();
  if (!outputs['ApiUrl']) throw new Error('nothing is deployed on LocalStack: npm run localstack');
  return { apiUrl: reachable(outputs['ApiUrl'], localstack.endpoint), outputs };
}

const BOOTSTRAP = 'CDKToolkit';
/** What LocalStack calls the account of the key "test". */
const ACCOUNT = '000000000000';

/**
 * `https://<id>.execute-api.<host>/<stage>/` needs DNS that leads here; LocalStack takes the same by path, on any host. Not
 * `new URL`: where LocalStack's host is an address, the name ends in a number and the standard refuses it.
 */
function reachable(apiUrl: string, endpoint: string): string {
  const [, id, stage] = /^https?:\/\/([a-z0-9]+)\.execute-api\.[^/]+\/([^/]+)/.exec(apiUrl) ?? [];
  if (!id || !stage) throw new Error(`the output ApiUrl is no address of an API: ${apiUrl}`);
  return `${endpoint}/_aws/execute-api/${id}/${stage}`;
}
