import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { RequestDone } from '../api/request-log.ts';
import { readEnv } from '../core/env.ts';
import { service } from '../events/catalogue.ts';
import { openDatabase } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { type Forwarding, openForwarding } from '../telemetry/export/forward.ts';
import { serverExporters } from '../telemetry/export/server-exporters.ts';
import { configureLog } from '../telemetry/log.ts';
import { startApi } from './api.ts';
import { ensureAssembly } from './assembly.ts';
import { startLocalAws, type LocalAws } from './aws/start.ts';
import { startCollector, type Collector } from './collector/collector.ts';
import { claim } from './claim.ts';
import { env as contract } from './env.ts';
import { startPostgres } from './postgres.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { ownSecret } from './webhook-secret.ts';

export interface PipelineOptions {
  /** Where data, bundles and template are kept; `.nedlia` for people. */
  directory: string;
  /** Forget the data of earlier runs, except in a database of the user's own. */
  fresh?: boolean;
  /** A cloud assembly that is ready; otherwise one is kept in `directory`. */
  assembly?: string | undefined;
  /** Read by the contract in `local/env.ts`. */
  env: NodeJS.ProcessEnv;
  /** Gets one line per finished step, and one per thing a person should know. */
  tell: (step: string, detail: string) => void;
  /** Aborts the start between two steps. */
  signal: AbortSignal;
  onRequest?: (request: RequestDone) => void;
  /** Every line a function prints, and every log line of the API. */
  onFunctionLine?: (name: string, line: string) => void;
  /** What AWS on loopback is to do wrong. */
  faults?: Parameters<typeof startLocalAws>[0]['faults'];
}

export interface Pipeline {
  apiUrl: string;
  aws: LocalAws;
  collector: Collector;
  /** On to the backends of the user's own; absent where none is named. */
  forwarding: Forwarding | undefined;
  /** Absent when `WEBHOOK_URL` replaces it. */
  receiver: Receiver | undefined;
  databaseUrl: string;
  /** Stops in the order of the flow, so that what is under way arrives; what takes longer than `drainMs` stays queued. */
  stop(drainMs?: number): Promise<void>;
}

/** Everything of the pipeline on this machine: what `npm start` runs, and what the end-to-end tests look at. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { directory, tell, signal } = options;
  const env = readEnv(contract, options.env);
  const { onFunctionLine } = options;
  if (onFunctionLine) configureLog({ write: (line) => onFunctionLine(service.api, line.trimEnd()) });
  const stops: ((drainMs: number) => Promise<unknown>)[] = [];
  const stop = async (drainMs = 2500) => {
    for (const one of stops.splice(0).toReversed())
      await one(drainMs).catch((error: unknown) => tell('stopping', String(error)));
  };

  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    stops.push(await claim(directory));
    if (options.fresh) await forget(directory);

    const assembly = options.assembly
      ? { folder: options.assembly, kept: true }
      : await ensureAssembly(directory, signal);
    tell('bundles and template', assembly.kept ? 'kept from the last time' : 'built');
    signal.throwIfAborted();

    const databaseUrl = env.DATABASE_URL ?? (await ownPostgres());
    const migrations = await migrateOnce(databaseUrl);
    tell(
      'PostgreSQL',
      `${new URL(databaseUrl).host}${migrations.length > 0 ? `, schema made by ${migrations.join(', ')}` : ''}`,
    );
    signal.throwIfAborted();

    const forwarding = openForwarding(options.env, serverExporters);
    const collector = await startCollector({ forwarding });
    stops.push(() => collector.close());

    const secret = env.WEBHOOK_SECRETS?.join() ?? (await ownSecret(directory));
    const receiver = env.WEBHOOK_URL ? undefined : await startReceiver({ secret });
    if (receiver) stops.push(() => receiver.close());
    tell(
      'collector and webhook receiver',
      `${collector.endpoint}${forwarding ? ` (and on to ${forwarding.exporters.join(', ') || 'nobody'})` : ''}, ${env.WEBHOOK_URL ? new URL(env.WEBHOOK_URL).host : receiver?.url}`,
    );

    const aws = await startLocalAws({
      assembly: assembly.folder,
      stacks: ['nedlia-local-data', 'nedlia-local'],
      directory,
      parameters: {
        DatabaseUrl: databaseUrl,
        WebhookUrl: env.WEBHOOK_URL ?? receiver?.url ?? '',
        WebhookSecrets: secret,
        CollectorEndpoint: collector.endpoint,
      },
      ...(options.faults ? { faults: options.faults } : {}),
      ...(onFunctionLine ? { onLine: onFunctionLine } : {}),
    });
    stops.push((drainMs) => aws.stop({ drainMs }));
    tell('AWS on loopback', `${aws.endpoint} with ${aws.functions.map(({ name }) => name).join(', ')}`);
    signal.throwIfAborted();

    const api = await startApi({
      databaseUrl,
      aws,
      collectorEndpoint: collector.endpoint,
      host: env.HOST,
      port: env.PORT,
      log: (line) => tell('API', line),
      onRequest: options.onRequest,
    });
    stops.push(() => api.close());
    tell('API', api.url);

    return { apiUrl: api.url, aws, collector, forwarding, receiver, databaseUrl, stop };
  } catch (error) {
    await stop(0);
    throw error;
  }

  async function ownPostgres(): Promise<string> {
    const postgres = await startPostgres({ directory });
    stops.push(() => postgres.stop());
    return postgres.url;
  }
}

/** Removes what the pipeline remembers in its folder; bundles, template and the webhook secret stay. */
async function forget(directory: string): Promise<void> {
  for (const name of ['postgres', 'queues', 'objects', 'object-metadata'])
    await rm(path.join(directory, name), { recursive: true, force: true });
}

async function migrateOnce(url: string): Promise<string[]> {
  const db = openDatabase({ url, max: 1 });
  try {
    return await migrate(db);
  } finally {
    await db.destroy();
  }
}
