import type { RequestDone } from '../api/request-log.ts';
import { startServer } from '../api/server.ts';
import { service } from '../events/catalogue.ts';
import { stages } from '../lib/stages.ts';
import { serverExporters } from '../telemetry/export/server-exporters.ts';
import { startTelemetry } from '../telemetry/start.ts';
import type { LocalAws } from './aws/start.ts';

export interface LocalApiOptions {
  databaseUrl: string;
  aws: Pick<LocalAws, 'environment' | 'outputs'>;
  /** Where every span of it goes. */
  collectorEndpoint: string;
  host: string;
  /** Taken, or one of the next when it is taken. */
  port: number;
  log: (line: string) => void;
  onRequest: ((request: RequestDone) => void) | undefined;
}

export interface LocalApi {
  url: string;
  close(): Promise<void>;
}

/**
 * The API in this process, with its AWS clients and its telemetry: `process.env` is given what they read.
 * @throws Error naming HOST and PORT when it cannot listen.
 */
export async function startApi(options: LocalApiOptions): Promise<LocalApi> {
  const { aws, host, port, onRequest } = options;
  Object.assign(process.env, aws.environment);
  const telemetry = startTelemetry({
    service: service.api,
    mode: 'server',
    exporters: serverExporters,
    env: { ...withoutBackends(process.env), ...tracing(options.collectorEndpoint) },
  });
  const api = await startServer({
    env: {
      DATABASE_URL: options.databaseUrl,
      EVENT_BUS_NAME: aws.outputs['EventBusName'],
      FILE_GENERATOR_QUEUE_URL: aws.outputs['FileGeneratorQueueUrl'],
      RELAY_QUEUE_URL: aws.outputs['RelayQueueUrl'],
      RELAY_DELAY_SECONDS: String(stages.local.relayDelaySeconds),
    },
    host,
    port,
    nextFreePort: true,
    log: options.log,
    ...(onRequest ? { onRequestDone: onRequest } : {}),
  }).catch(async (cause: Error) => {
    await telemetry.shutdown();
    throw new Error(`the API cannot listen on HOST=${host} PORT=${port}: ${cause.message}`, { cause });
  });
  return {
    url: api.url,
    close: () => api.close().finally(() => telemetry.shutdown()),
  };
}

/** What the user said of backends is the collector's to follow. */
const withoutBackends = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(OTEL_(TRACES_)?EXPORTER|OTEL_BACKEND|OTLP_|CX_)/.test(name)),
  );

const tracing = (endpoint: string) => ({
  OTEL_SDK_DISABLED: 'false', // the trace is what this is for
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_TRACES_SAMPLER: 'always_on',
  OTEL_BSP_SCHEDULE_DELAY: '100',
  OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=nedlia,deployment.environment.name=local',
});
