import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startServer } from '../api/server.ts';
import { functionExporters } from '../telemetry/export/function-exporters.ts';
import { startTelemetry } from '../telemetry/start.ts';
import { ensureAssembly } from './assembly.ts';
import { startLocalAws, type LocalAws } from './aws/start.ts';
import { startCollector, type Collector } from './collector/collector.ts';
import { forwardTo } from './collector/forward.ts';
import { claim } from './claim.ts';
import { startPostgres } from './postgres.ts';
import { startReceiver, type Receiver } from './receiver.ts';

export interface PipelineOptions {
  /** Where data, bundles and template are kept; `.nedlia` for people. */
  directory: string;
  /** `DATABASE_URL`, `WEBHOOK_URL`, `WEBHOOK_SECRETS`, `HOST`, `PORT`, `OTEL_EXPORTER_OTLP_ENDPOINT` and `…_HEADERS` count. */
  env: NodeJS.ProcessEnv;
  /** Gets one line per finished step, and one per thing a person should know. */
  tell: (step: string, detail: string) => void;
  /** Aborts the start between two steps. */
  signal: AbortSignal;
  onRequest?: (request: FinishedRequest) => void;
  /** Every line a function prints. */
  onFunctionLine?: (name: string, line: string) => void;
}

export interface FinishedRequest {
  method: string;
  path: string;
  status: number;
  durationMs: number;
  traceId: string | undefined;
}

export interface Pipeline {
  apiUrl: string;
  aws: LocalAws;
  collector: Collector;
  /** Absent when `WEBHOOK_URL` replaces it. */
  receiver: Receiver | undefined;
  databaseUrl: string;
  /** Stops in the order of the flow, so that what is under way arrives; what takes longer than `drainMs` stays queued. */
  stop(drainMs?: number): Promise<void>;
}

/** Everything of the pipeline on this machine: what `npm start` runs, and what the end-to-end tests look at. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { directory, env, tell, signal } = options;
  const stops: ((drainMs: number) => Promise<unknown>)[] = [];
  const stop = async (drainMs = 2500) => {
    for (const one of stops.splice(0).reverse())
      await one(drainMs).catch((error: unknown) => tell('stopping', String(error)));
  };

  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    stops.push(await claim(directory));

    const assembly = await ensureAssembly(directory, signal);
    tell('bundles and template', assembly.kept ? 'kept from the last time' : 'built');
    signal.throwIfAborted();

    const databaseUrl = env['DATABASE_URL'] ?? (await ownPostgres());
    tell('PostgreSQL', new URL(databaseUrl).host);
    signal.throwIfAborted();

    const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    const forwarder = endpoint
      ? forwardTo(endpoint, env['OTEL_EXPORTER_OTLP_HEADERS'], (line) => tell('collector', line))
      : undefined;
    const collector = await startCollector({ forwarder });
    stops.push(() => collector.close());

    const secret = env['WEBHOOK_SECRETS'] ?? (await ownSecret(directory));
    const receiver = env['WEBHOOK_URL'] ? undefined : await startReceiver({ secret: secret.split(',')[0] ?? secret });
    if (receiver) stops.push(() => receiver.close());
    tell(
      'collector and webhook receiver',
      `${collector.endpoint}${endpoint ? ` (and on to ${new URL(endpoint).host})` : ''}, ${env['WEBHOOK_URL'] ?? receiver?.url}`,
    );

    const aws = await startLocalAws({
      assembly: assembly.folder,
      stack: 'nedlia-local',
      directory,
      parameters: {
        DatabaseUrl: databaseUrl,
        WebhookUrl: env['WEBHOOK_URL'] ?? receiver?.url ?? '',
        WebhookSecrets: secret,
        CollectorEndpoint: collector.endpoint,
      },
      ...(options.onFunctionLine ? { onLine: options.onFunctionLine } : {}),
    });
    stops.push((drainMs) => aws.stop({ drainMs }));
    tell('AWS on loopback', `${aws.endpoint} with ${aws.functions.map(({ name }) => name).join(', ')}`);
    signal.throwIfAborted();

    // The API's own AWS clients and telemetry run in this process.
    Object.assign(process.env, aws.environment);
    const telemetry = startTelemetry({
      service: 'nedlia-api',
      mode: 'server',
      exporters: functionExporters,
      env: { ...process.env, ...tracing(collector.endpoint) },
    });
    stops.push(() => telemetry.shutdown());

    const api = await startServer({
      env: { ...aws.functions.find(({ name }) => name === 'nedlia-api')?.environment, DATABASE_URL: databaseUrl },
      host: env['HOST'] ?? '127.0.0.1',
      port: Number(env['PORT'] ?? 3000),
      nextFreePort: true,
      ...(options.onRequest ? { onRequestDone: options.onRequest } : {}),
    });
    stops.push(() => api.close());
    tell('API', api.url);

    return { apiUrl: api.url, aws, collector, receiver, databaseUrl, stop };
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

/** Removes what the pipeline remembers; bundles and template stay. A database of your own (`DATABASE_URL`) is left alone. */
export async function forget(directory: string): Promise<void> {
  for (const name of ['postgres', 'queues', 'objects'])
    await rm(path.join(directory, name), { recursive: true, force: true });
}

const tracing = (endpoint: string) => ({
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_TRACES_SAMPLER: 'always_on',
  OTEL_BSP_SCHEDULE_DELAY: '100',
  OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=nedlia,deployment.environment.name=local',
});

/** A webhook secret of this machine's own (Standard Webhooks form), made once and kept beside the data. */
async function ownSecret(directory: string): Promise<string> {
  const file = path.join(directory, 'webhook-secret');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept) return kept.trim();
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}
