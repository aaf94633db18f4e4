import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { env as apiEnv } from '../api/env.ts';
import { type RunningServer, startServer } from '../api/server.ts';
import { EnvironmentError, readEnv, text, url, whole } from '../core/env.ts';
import { BUS, service } from '../events/catalogue.ts';
import { openDatabase } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { serverExporters } from '../telemetry/export/server-exporters.ts';
import { namesBackend } from '../telemetry/settings/aliases.ts';
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
// sysexits.h
const EX_USAGE = 64;
const EX_CONFIG = 78;

let running: RunningServer | undefined;
let telemetry: Telemetry | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
await main().catch(explain);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) return say(HELP);

  const { HOST, PORT, DATABASE_URL, AWS_ENDPOINT_URL } = readEnv(here, process.env);
  const env = { ...derived(AWS_ENDPOINT_URL), ...given(process.env) };
  readEnv(apiEnv, env);
  useDefaults(AWS_ENDPOINT_URL);
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
function derived(endpoint: string) {
  const queueUrl = (name: string) => new URL(`/000000000000/${name}`, endpoint).href;
  return {
    EVENT_BUS_NAME: BUS,
    FILE_GENERATOR_QUEUE_URL: queueUrl(service.fileGenerator),
    RELAY_QUEUE_URL: queueUrl(service.relay),
    RELAY_DELAY_SECONDS: '15',
  };
}

function given(source: NodeJS.ProcessEnv) {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value));
}

async function stop(): Promise<never> {
  setTimeout(() => process.exit(0), LAST_MOMENT_MS).unref();
  await running?.close();
  await telemetry?.shutdown();
  process.exit(0);
}

function explain(error: NodeJS.ErrnoException): never {
  if (error instanceof EnvironmentError) return fail(error.message, EX_CONFIG);
  if (error.code?.startsWith('ERR_PARSE_ARGS')) return fail(error.message, EX_USAGE);
  const taken = `port ${process.env['PORT'] ?? 3000} is taken; set PORT to another one`;
  return fail(error.code === 'EADDRINUSE' ? taken : error.message, 1);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(line: string, exitCode: number): never {
  process.stderr.write(`nedlia-api: ${line}\n`);
  process.exit(exitCode);
}
