import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { env as apiEnv } from '../api/env.ts';
import { type RunningServer, startServer } from '../api/server.ts';
import { EnvironmentError, readEnv, text, url, whole } from '../core/env.ts';
import { BUS, service } from '../events/catalogue.ts';
import { openDatabase } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { serverExporters } from '../telemetry/export/server-exporters.ts';
import { namesBackend } from '../telemetry/aliases.ts';
import { startTelemetry, type Telemetry } from '../telemetry/start.ts';

const HELP = `npm run api: the API alone, over HTTP. It migrates the database first. Ctrl-C drains and ends it.

  DATABASE_URL       PostgreSQL (required)
  AWS_ENDPOINT_URL   where SQS and EventBridge are (required)
  HOST, PORT         where it listens (127.0.0.1, 3000)
  OTEL_*             where its traces go; nowhere unless an exporter or an endpoint is named
`;

/** Beside the API's own variables. They are not looked at by the function, so they are no part of its contract. */
const here = v.object({
  HOST: v.optional(text(), '127.0.0.1'),
  PORT: v.optional(whole(0, 65_535), '3000'),
  DATABASE_URL: url('postgres', 'postgresql'),
  AWS_ENDPOINT_URL: url('http', 'https'),
});

/** Ctrl-C must be over within 5 s, whatever hangs. */
const LAST_MOMENT_MS = 4500;
const EX_CONFIG = 78;

const say = (line: string) => process.stdout.write(`${line}\n`);
const fail = (line: string, exitCode: number): never => {
  process.stderr.write(`nedlia-api: ${line}\n`);
  process.exit(exitCode);
};

let running: RunningServer | undefined;
let telemetry: Telemetry | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());

if (parseArgs({ options: { help: { type: 'boolean', short: 'h' } } }).values.help) say(HELP);
else await start().catch(explain);

async function start(): Promise<void> {
  const { HOST, PORT, DATABASE_URL, AWS_ENDPOINT_URL } = readEnv(here, process.env);
  useDefaults(AWS_ENDPOINT_URL);
  const env = { ...derived(AWS_ENDPOINT_URL), ...given(process.env) };
  readEnv(apiEnv, env);
  telemetry = startTelemetry({
    service: service.api,
    mode: 'server',
    exporters: serverExporters,
    settings: { sampler: 'always_on', ...(!namesBackend(process.env) && { backend: 'none' }) },
  });

  const db = openDatabase({ url: DATABASE_URL });
  const applied = await migrate(db).finally(() => db.destroy());
  if (applied.length > 0) say(`migrated: ${applied.join(', ')}`);

  running = await startServer({ env, host: HOST, port: PORT });
  say(`nedlia-api listens on ${running.url} (reference: ${running.url}/docs)`);
}

/** On loopback nothing checks keys or regions, but the SDK insists on having them; and every request is worth its trace. */
function useDefaults(endpoint: string): void {
  const { env } = process;
  const { hostname } = new URL(endpoint);
  if (hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')) {
    env['AWS_REGION'] ||= 'us-east-1';
    env['AWS_ACCESS_KEY_ID'] ||= 'local';
    env['AWS_SECRET_ACCESS_KEY'] ||= 'local';
  }
  if (!namesBackend(env)) say('traces are not exported: set OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_TRACES_EXPORTER');
}

/** Names are fixed, so the endpoint is all that is needed to know them. */
const derived = (endpoint: string) => ({
  EVENT_BUS_NAME: BUS,
  FILE_GENERATOR_QUEUE_URL: queueUrl(endpoint, service.fileGenerator),
  RELAY_QUEUE_URL: queueUrl(endpoint, service.relay),
  RELAY_DELAY_SECONDS: '15',
});

const queueUrl = (endpoint: string, name: string) => new URL(`/000000000000/${name}`, endpoint).href;

const given = (source: NodeJS.ProcessEnv) => Object.fromEntries(Object.entries(source).filter(([, value]) => value));

async function stop(): Promise<never> {
  setTimeout(() => process.exit(0), LAST_MOMENT_MS).unref();
  await running?.close();
  await telemetry?.shutdown();
  process.exit(0);
}

function explain(error: unknown): never {
  if (error instanceof EnvironmentError) return fail(error.message, EX_CONFIG);
  const { message, code } = error as NodeJS.ErrnoException;
  const taken = `port ${process.env['PORT'] ?? 3000} is taken; set PORT to another one`;
  return fail(code === 'EADDRINUSE' ? taken : message, 1);
}
