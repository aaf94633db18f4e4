import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

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
const MAX_BODY = 1024 * 1024;

/**
 * A webhook target, on loopback unless a host is given, that verifies signatures as a careful customer would (Standard Webhooks: signature over id,
 * timestamp and body; five minutes of tolerance). 204 for a genuine one, 401 for any other, and GET answers all genuine
 * ones of this run as JSON `[{ headers, body }]`, oldest first.
 */
export async function startReceiver(options: {
  secret: string;
  host?: string;
  port?: number;
  onWebhook?: (webhook: ReceivedWebhook) => void;
}): Promise<Receiver> {
  const verifier = new Webhook(options.secret);
  const list: ReceivedWebhook[] = [];

  const receive = async (request: IncomingMessage): Promise<[status: number, body?: string]> => {
    if (request.method === 'GET') return [200, JSON.stringify(list)];
    if (request.method !== 'POST') return [405];
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return [413];
    const body = await text(request);
    try {
      verifier.verify(body, request.headers as Record<string, string>);
    } catch {
      return [401];
    }
    const webhook = { headers: request.headers, body };
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
