import type { LocalStack } from './localstack.ts';
import { stacksOf } from './stacks.ts';

/** What stage `local` is made of once it is deployed. */
export interface Deployment {
  /** Without a slash at the end. */
  apiUrl: string;
  outputs: Record<string, string>;
}

/** What stands on LocalStack. Throws when nothing does. */
export async function readDeployment(localstack: LocalStack): Promise<Deployment> {
  const outputs = await stacksOf(localstack).outputs();
  if (!outputs['ApiUrl']) throw new Error('nothing is deployed on LocalStack: npm run localstack');
  return { apiUrl: reachable(outputs['ApiUrl'], localstack.endpoint), outputs };
}

/** LocalStack says at once that there is no such API; a function that starts in its first container may take longer to answer. */
const SAYS_SO_WITHIN_MS = 10_000;

/**
 * Why the deployed API is not there, although its stack is; `undefined` when it answers, or takes its time to, or when no stack has one. A new
 * Deployment of API Gateway replaces the old one, which LocalStack 4.14 deletes with the stage it had moved on from: no event
 * says so, and no later update makes the stage again.
 */
export async function missingApi(
  localstack: LocalStack,
  withinMs: number = SAYS_SO_WITHIN_MS,
): Promise<string | undefined> {
  const { ApiUrl } = await stacksOf(localstack).outputs();
  if (!ApiUrl) return undefined;
  const said = await textOf(`${reachable(ApiUrl, localstack.endpoint)}/health`, AbortSignal.timeout(withinMs));
  return /does not correspond to a deployed/.test(said) ? 'its update took the stage of the API away' : undefined;
}

async function textOf(address: string, signal: AbortSignal): Promise<string> {
  try {
    return await (await fetch(address, { signal })).text();
  } catch (error) {
    if (signal.aborted) return '';
    throw error;
  }
}

/**
 * `https://<id>.execute-api.<host>/<stage>/` needs DNS that leads here; LocalStack takes the same by path, on any host. Not
 * `new URL`: where LocalStack's host is an address, the name ends in a number and the standard refuses it.
 */
function reachable(apiUrl: string, endpoint: string): string {
  const [, id, stage] = /^https?:\/\/([a-z0-9]+)\.execute-api\.[^/]+\/([^/]+)/.exec(apiUrl) ?? [];
  if (!id || !stage) throw new Error(`the output ApiUrl is no address of an API: ${apiUrl}`);
  return `${endpoint}/_aws/execute-api/${id}/${stage}`;
}
