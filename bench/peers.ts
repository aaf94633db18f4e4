// A process of its own: everything the measured code talks to on loopback. AWS as far as a file generator needs it, a subscriber
// for webhooks, and a Collector that keeps bodies unread: GET /<variant>/spans decodes what came to /<variant>/v1/traces, and
// GET /daemon/spans what came where X-Ray's daemon listens.
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { readExport } from '../local/collector/otlp.ts';

/** Bodies kept per variant; measuring sends thousands, counting spans needs a few. */
const KEPT = 50;

interface Received {
  contentType: string;
  body: Buffer;
}
const received = new Map<string, Received[]>();

process.on('disconnect', () => process.exit(0));
const server = createServer((request, response) => void respond(request, response));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const daemon = createSocket('udp4');
daemon.on('message', (datagram) => keep('daemon', ofDatagram(datagram)));
daemon.bind(0, '127.0.0.1');
await once(daemon, 'listening');
process.send?.({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  daemon: `127.0.0.1:${daemon.address().port}`,
});

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answered = await answer(request);
  response.writeHead(answered === undefined ? 204 : 200, { 'x-amzn-requestid': 'request-1' });
  response.end(answered === undefined ? undefined : JSON.stringify(answered));
}

async function answer(request: IncomingMessage): Promise<object | undefined> {
  const body = await buffer(request);
  const [, variant = '', rest] = /^\/([\w-]+)\/(v1\/traces|spans)$/.exec(request.url ?? '') ?? [];
  if (rest === 'v1/traces') return keep(variant, { contentType: request.headers['content-type'] ?? '', body });
  if (rest === 'spans') return spansOf(variant);
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return ofAws(target.split('.')[1] ?? '', body);
  return undefined;
}

function keep(variant: string, arrived: Received): undefined {
  const kept = received.get(variant) ?? [];
  if (kept.length < KEPT) kept.push(arrived);
  received.set(variant, kept);
}

/** A line of JSON, then `T1S` and OTLP in base64. */
const ofDatagram = (datagram: Buffer): Received => ({
  contentType: 'application/x-protobuf',
  body: Buffer.from(datagram.toString('latin1').split('\nT1S')[1] ?? '', 'base64'),
});

/** Says what arrived and forgets it. */
function spansOf(variant: string): { name: string; kind: string; system: unknown }[] {
  const bodies = received.get(variant) ?? [];
  received.delete(variant);
  return bodies
    .flatMap(({ contentType, body }) => readExport(contentType, body))
    .map(({ name, kind, attributes }) => ({
      name,
      kind,
      system: attributes['rpc.system'] ?? attributes['rpc.system.name'],
    }));
}

function ofAws(operation: string, body: Buffer): object {
  const input = JSON.parse(body.toString()) as { MessageBody?: string; Entries?: unknown[] };
  if (operation === 'PutEvents') {
    return { FailedEntryCount: 0, Entries: (input.Entries ?? []).map((_, index) => ({ EventId: `event-${index}` })) };
  }
  const md5 = createHash('md5')
    .update(input.MessageBody ?? '')
    .digest('hex');
  return { MessageId: 'message-1', MD5OfMessageBody: md5 };
}
