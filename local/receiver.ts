import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MAX_BODY, webhookReceiver } from '../lambdas/receiver/receive.ts';

/** A webhook as it came: what GET lists. */
export interface ReceivedWebhook {
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Receiver {
  /** Where webhooks go, and where GET lists them. */
  url: string;
  received(): ReceivedWebhook[];
  close(): Promise<void>;
}

const KEPT = 1000;

/**
 * A webhook target, on loopback unless a host is given, that judges webhooks by the deployed receiver's own code: 204 for a
 * genuine one, 401 for any other. GET, which the deployed one refuses, answers all genuine ones of this run as JSON
 * `[{ headers, body }]`, oldest first.
 */
export async function startReceiver(options: {
  /** Standard Webhooks secrets, comma-separated; either is good. */
  secret: string;
  host?: string;
  port?: number;
  onWebhook?: (webhook: ReceivedWebhook) => void;
}): Promise<Receiver> {
  const judge = webhookReceiver(options.secret.split(',').map((secret) => secret.trim()));
  const list: ReceivedWebhook[] = [];

  const receive = async (request: IncomingMessage): Promise<[status: number, body?: string]> => {
    const { method = '', headers } = request;
    if (method === 'GET') return [200, JSON.stringify(list)];
    const body = await bodyOf(request);
    const { status } = judge({ method, headers, body });
    if (status !== 204) return [status];
    const webhook = { headers, body: body.toString('utf8') };
    list.push(webhook);
    if (list.length > KEPT) list.shift();
    options.onWebhook?.(webhook);
    return [204];
  };

  const server = createServer((request, response) => {
    receive(request).then(
      ([status, body]) => response.writeHead(status, body ? { 'content-type': 'application/json' } : {}).end(body),
      () => response.destroy(),
    );
  });
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`,
    received: () => list,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A body, or as much of it as says that it is too large; the rest is read and forgotten, so that the sender hears the answer. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (bytes <= MAX_BODY) chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks);
}
