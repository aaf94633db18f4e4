import path from 'node:path';
import { readEnv } from '../../core/env.ts';
import { type Forwarding, openForwarding } from '../../telemetry/export/forward.ts';
import { serverExporters } from '../../telemetry/export/server-exporters.ts';
import { startCollector } from '../collector/collector.ts';
import { readCollector, type Spans } from '../collector/read.ts';
import { startPostgres } from '../postgres.ts';
import { type ReceivedWebhook, startReceiver } from '../receiver.ts';
import { ownSecret } from '../webhook-secret.ts';
import { env as contract } from './env.ts';

/** What the functions talk to beside AWS, wherever it runs: a database, a collector, a webhook receiver. */
export interface Peers {
  /** Whether they run in this process, so that the functions have them only as long as it lives. */
  own: boolean;
  /** As this process reaches it. */
  databaseUrl: string;
  collector: Spans & { endpoint: string };
  /** On to the backends of the user's own; absent where none is named, and where the collector is not ours. */
  forwarding?: Forwarding | undefined;
  receiver: { url: string; received(): ReceivedWebhook[] | Promise<ReceivedWebhook[]> };
  /** As the functions reach them. */
  functions: { databaseUrl: string; collectorEndpoint: string; webhookUrl: string };
  webhookSecret: string;
  stop(): Promise<void>;
}

/** What the service `peers` of docker-compose.localstack.yml answers about itself: local/localstack/peers-service.ts. */
export interface PeersDescription {
  nedlia: 'peers';
  webhookSecret: string;
  host: { databaseUrl: string; collectorEndpoint: string; webhookUrl: string };
  functions: { databaseUrl: string; collectorEndpoint: string; webhookUrl: string };
}

/**
 * Takes the peers that run in the container network, if they do; otherwise starts them in this process, PostgreSQL too
 * where no `DATABASE_URL` is given.
 */
export async function findPeers(options: {
  /** Where PostgreSQL's data and the webhook secret are kept. */
  directory: string;
  env: NodeJS.ProcessEnv;
  tell: (line: string) => void;
}): Promise<Peers> {
  const env = readEnv(contract, options.env);
  const found = await describe(env.NEDLIA_PEERS_URL);
  if (!found && options.env['NEDLIA_PEERS_URL']) {
    throw new Error(`no peers answer at NEDLIA_PEERS_URL (${env.NEDLIA_PEERS_URL}): start the service, or unset it`);
  }
  const peers = found ? inContainers(found) : await startPeers(options);
  const databaseUrl = env.DATABASE_URL ?? peers.databaseUrl;
  const forFunctions = env.NEDLIA_FUNCTIONS_DATABASE_URL ?? env.DATABASE_URL ?? peers.functions.databaseUrl;
  return { ...peers, databaseUrl, functions: { ...peers.functions, databaseUrl: forFunctions } };
}

async function describe(url: string): Promise<PeersDescription | undefined> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
  const said = (await answer?.json().catch(() => undefined)) as PeersDescription | undefined;
  return said?.nedlia === 'peers' ? said : undefined;
}

function inContainers({ host, functions, webhookSecret }: PeersDescription): Peers {
  return {
    own: false,
    databaseUrl: host.databaseUrl,
    collector: { ...readCollector(host.collectorEndpoint), endpoint: host.collectorEndpoint },
    receiver: {
      url: host.webhookUrl,
      received: async () => (await (await fetch(host.webhookUrl)).json()) as ReceivedWebhook[],
    },
    functions,
    webhookSecret,
    stop: () => Promise.resolve(),
  };
}

async function startPeers(options: Parameters<typeof findPeers>[0]): Promise<Peers> {
  const env = readEnv(contract, options.env);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).toReversed()) await one();
  };
  try {
    const postgres = env.DATABASE_URL ? undefined : await startPostgres({ directory: options.directory });
    if (postgres) stops.push(() => postgres.stop());
    const databaseUrl = postgres?.url ?? env.DATABASE_URL ?? '';

    const forwarding = openForwarding(options.env, serverExporters);
    const collector = await startCollector({ forwarding });
    stops.push(() => collector.close());
    const webhookSecret = await ownSecret(path.resolve(options.directory));
    const receiver = await startReceiver({ secret: webhookSecret });
    stops.push(() => receiver.close());
    const functions = { databaseUrl, collectorEndpoint: collector.endpoint, webhookUrl: receiver.url };
    return { own: true, databaseUrl, collector, forwarding, receiver, functions, webhookSecret, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
