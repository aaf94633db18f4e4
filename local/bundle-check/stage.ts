import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { service } from '../../events/catalogue.ts';
import { bundleOf, type ServiceName } from '../../lib/entries.ts';
import { stages } from '../../lib/stages.ts';
import { synthesise } from '../../lib/synthesise.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { type FunctionHandle, LocalFunction } from '../aws/functions.ts';
import { type LocalAws, startLocalAws } from '../aws/start.ts';
import { type Collector, startCollector } from '../collector/collector.ts';
import { startPostgres } from '../postgres.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { ownSecret } from '../webhook-secret.ts';
import { tapWire, type Wire } from './wire.ts';

export interface StageOptions {
  /** The folder of the bundles. */
  dist: string;
  /** Hears what is under way. */
  tell: (step: string) => void;
  signal: AbortSignal;
  /** An empty database to work in; without it one is started. */
  databaseUrl?: string;
}

/** Everything the built handlers run on, in a folder that is gone afterwards; `npm start` and its data stay out of it. */
export interface Stage {
  aws: LocalAws;
  db: Database;
  collector: Collector;
  receiver: Receiver;
  wire: Wire;
  /** Those that no queue feeds. */
  api: FunctionHandle;
  webhooks: FunctionHandle;
}

const MINUTE_MS = 60_000;

/** Starts every bundle of a folder; what is to be stopped goes onto `stops`, also when the start fails. Throws naming the function that did not start. */
export async function openStage(options: StageOptions, stops: (() => Promise<unknown>)[]): Promise<Stage> {
  const { dist, tell, signal } = options;
  const directory = await mkdtemp(path.join(tmpdir(), 'nedlia-doctor-'));
  stops.push(() => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o711); // where PostgreSQL has to run as another user, it has to get through

  tell('PostgreSQL and the template of stage local');
  const assembly = path.join(directory, 'cdk.out');
  const [databaseUrl] = await Promise.all([
    options.databaseUrl ?? ownPostgres(directory, stops),
    synthesise({ outdir: assembly, stage: 'local', validate: false, bundles: path.resolve(dist) }),
  ]);
  signal.throwIfAborted();
  const db = openDatabase({ url: databaseUrl, max: 2 });
  stops.push(() => db.destroy());
  await migrate(db);

  const collector = await startCollector();
  stops.push(() => collector.close());
  const secret = await ownSecret(directory);
  const receiver = await startReceiver({ secret });
  stops.push(() => receiver.close());

  tell('the functions');
  const wire = tapWire();
  const aws = await startLocalAws({
    assembly,
    stacks: ['nedlia-local-data', 'nedlia-local'],
    directory,
    parameters: {
      DatabaseUrl: databaseUrl,
      WebhookUrl: receiver.url,
      WebhookSecrets: secret,
      CollectorEndpoint: collector.endpoint,
    },
    faults: { fail: wire.tap },
  });
  stops.push(() => aws.stop({ drainMs: 0 }));

  const start = async (name: ServiceName, variables: Record<string, string>): Promise<FunctionHandle> => {
    const plan = {
      name,
      arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      handler: 'index.handler',
      directory: path.resolve(dist, bundleOf(name)),
      timeoutMs: MINUTE_MS,
      memoryMb: 512,
      environment: { ...tracing(collector.endpoint), DATABASE_URL: databaseUrl, ...variables },
    };
    const fn = new LocalFunction(plan, aws.environment, () => undefined);
    stops.push(() => fn.stop());
    await fn.ready().catch((error: Error) => {
      throw new Error(`${name} could not start: ${error.message}`, { cause: error });
    });
    return fn;
  };
  const api = await start(service.api, {
    EVENT_BUS_NAME: aws.outputs['EventBusName'] ?? '',
    FILE_GENERATOR_QUEUE_URL: aws.outputs['FileGeneratorQueueUrl'] ?? '',
    RELAY_QUEUE_URL: aws.outputs['RelayQueueUrl'] ?? '',
    RELAY_DELAY_SECONDS: String(stages.local.relayDelaySeconds),
  });
  const webhooks = await start(service.receiver, { WEBHOOK_SECRETS: secret });
  await start(service.migrate, {});
  return { aws, db, collector, receiver, wire, api, webhooks };
}

const tracing = (endpoint: string) => ({
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_TRACES_SAMPLER: 'always_on',
});

async function ownPostgres(directory: string, stops: (() => Promise<unknown>)[]): Promise<string> {
  const postgres = await startPostgres({ directory, durable: false });
  stops.push(() => postgres.stop());
  return postgres.url;
}
