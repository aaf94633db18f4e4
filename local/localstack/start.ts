import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { claim } from '../claim.ts';
import { deploy, type DeployOptions } from './deploy.ts';
import type { Deployment } from './deployment.ts';
import { findLocalStack, type LocalStack } from './localstack.ts';
import { setMappings } from './mappings.ts';
import { findPeers, type Peers } from './peers.ts';

/** Stage `local` on LocalStack with everything it talks to. */
export interface Running extends Deployment {
  localstack: LocalStack;
  peers: Peers;
  /** Stops what runs in this process. What is deployed stays, with its queues paused if nobody is left whom functions could talk to. */
  stop(): Promise<void>;
}

export interface StartOptions extends Omit<DeployOptions, 'localstack' | 'peers'> {
  env: NodeJS.ProcessEnv;
  /** Where PostgreSQL's data and the webhook secret are kept; `<directory>/localstack` unless given. */
  data?: string;
}

/**
 * Finds LocalStack, finds or starts the peers, and deploys.
 * @throws Error in one line that says what is wrong and what to do.
 */
export async function startOnLocalStack(options: StartOptions): Promise<Running> {
  const { tell } = options;
  const localstack = await findLocalStack(options.env);
  tell('LocalStack', `${localstack.version} at ${localstack.endpoint}, ${localstack.region}`);

  const data = options.data ?? path.join(options.directory, 'localstack');
  await mkdir(data, { recursive: true, mode: 0o700 });
  const release = await claim(data);
  const peers = await findPeers({ directory: data, env: options.env, tell: (line) => tell('collector', line) }).catch(
    async (error: unknown) => {
      await release();
      throw error;
    },
  );
  const stop = async () => {
    if (peers.own) await setMappings(localstack, false).catch(() => {}); // LocalStack itself may be gone by now
    await peers.stop();
    await release();
  };
  try {
    tell(
      'database, collector, receiver',
      `${new URL(peers.databaseUrl).host}, ${peers.collector.endpoint}, ${peers.receiver.url}${peers.own ? '' : ' (containers)'}`,
    );
    options.signal?.throwIfAborted();
    const deployment = await deploy({ ...options, localstack, peers });
    await setMappings(localstack, true);
    return { ...deployment, localstack, peers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
