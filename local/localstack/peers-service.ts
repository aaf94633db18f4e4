import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as v from 'valibot';
import { readEnv, text, url, whole } from '../../core/env.ts';
import { openForwarding } from '../../telemetry/export/forward.ts';
import { serverExporters } from '../../telemetry/export/server-exporters.ts';
import { startCollector } from '../collector/collector.ts';
import { startReceiver } from '../receiver.ts';
import type { PeersDescription } from './peers.ts';

// The service `peers` of docker-compose.localstack.yml: OTLP sink and webhook receiver, and one address that says where all of it is.

/** What it listens to; the addresses are passed on as they are. */
const contract = v.object({
  HOST: v.optional(text(), '0.0.0.0'),
  COLLECTOR_PORT: v.optional(whole(0, 65_535), '4318'),
  RECEIVER_PORT: v.optional(whole(0, 65_535), '4319'),
  PORT: v.optional(whole(0, 65_535), '4320'),
  HOST_DATABASE_URL: url('postgres'),
  HOST_COLLECTOR_ENDPOINT: url('http'),
  HOST_WEBHOOK_URL: url('http'),
  FUNCTIONS_DATABASE_URL: url('postgres'),
  FUNCTIONS_COLLECTOR_ENDPOINT: url('http'),
  FUNCTIONS_WEBHOOK_URL: url('http'),
});

const env = readEnv(contract, process.env);
const say = (line: string) => process.stdout.write(`${line}\n`);
const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`; // of this process: a deployment asks for it

const forwarding = openForwarding(process.env, serverExporters);
await startCollector({ host: env.HOST, port: env.COLLECTOR_PORT, forwarding });
await startReceiver({ host: env.HOST, port: env.RECEIVER_PORT, secret: webhookSecret });

const description: PeersDescription = {
  nedlia: 'peers',
  webhookSecret,
  host: {
    databaseUrl: env.HOST_DATABASE_URL,
    collectorEndpoint: env.HOST_COLLECTOR_ENDPOINT,
    webhookUrl: env.HOST_WEBHOOK_URL,
  },
  functions: {
    databaseUrl: env.FUNCTIONS_DATABASE_URL,
    collectorEndpoint: env.FUNCTIONS_COLLECTOR_ENDPOINT,
    webhookUrl: env.FUNCTIONS_WEBHOOK_URL,
  },
};
const server = createServer((_, response) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(description)),
);
server.listen(env.PORT, env.HOST);
await once(server, 'listening');
say(`peers listen; ask port ${(server.address() as AddressInfo).port}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
