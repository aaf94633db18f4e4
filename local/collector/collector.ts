import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { renderTree } from '../../telemetry/export/console/tree.ts';
import type { Forwarding } from '../../telemetry/export/forward.ts';
import { readExport, type ReceivedSpan } from './otlp.ts';
import type { Spans } from './read.ts';

/** Spans kept in memory; a placement's trace has about fifty. */
const KEPT = 50_000;
const MAX_BODY = 16 * 1024 * 1024;
const WAYS =
  'this collects spans: GET /traces/<trace id> for the tree of a trace, GET /spans for all that is kept, POST /v1/traces for OTLP';

export interface Collector extends Spans {
  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` of everything that runs here is set to. */
  endpoint: string;
  /** At once: it is this process that keeps them. */
  spans(traceId?: string): ReceivedSpan[];
  close(): Promise<void>;
}

/**
 * An OTLP/HTTP receiver that keeps what it gets, and forwards it where it has somewhere to. `GET /spans`, with `?trace=<id>` for one trace, answers what is kept (local/collector/read.ts is its other end), `GET /traces/<id>` the tree for people. On loopback unless a host is given.
 */
export async function startCollector(
  options: { host?: string; port?: number; forwarding?: Forwarding | undefined } = {},
): Promise<Collector> {
  let kept: ReceivedSpan[] = [];
  const arrivals = new Set<() => void>();
  const spans = (traceId?: string) => (traceId ? kept.filter((span) => span.traceId === traceId) : kept);

  const receive = async (request: IncomingMessage): Promise<number> => {
    if (request.method !== 'POST' || request.url !== '/v1/traces') return 404;
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return 413;
    const sent = await buffer(request);
    const contentType = request.headers['content-type'] ?? '';
    try {
      const body =
        request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent, { maxOutputLength: MAX_BODY }) : sent;
      const received = readExport(contentType, body);
      kept = [...kept, ...received].slice(-KEPT);
      options.forwarding?.forward(received);
    } catch {
      return 400;
    }
    for (const arrived of arrivals) arrived();
    return 200;
  };

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://collector');
    if (request.method === 'GET' && pathname === '/spans') {
      const found = JSON.stringify(spans(searchParams.get('trace') ?? undefined));
      response.writeHead(200, { 'content-type': 'application/json' }).end(found);
      return;
    }
    const say = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
    const [, traceId] = /^\/traces\/([0-9a-f]{32})$/.exec(pathname) ?? [];
    if (request.method === 'GET' && traceId) {
      const found = spans(traceId);
      if (found.length > 0) say(200, renderTree(found));
      else say(404, `no span of trace ${traceId} has arrived`);
      return;
    }
    if (request.method === 'GET') {
      say(404, pathname.startsWith('/traces/') ? 'a trace id is 32 hexadecimal digits, in lower case' : WAYS);
      return;
    }
    receive(request).then(
      (status) => response.writeHead(status, { 'content-type': request.headers['content-type'] ?? '' }).end(),
      () => response.destroy(),
    );
  });
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    until: (traceId, enough, withinMs, signal) =>
      new Promise((resolve) => {
        const finish = (reached: boolean) => {
          clearTimeout(timer);
          arrivals.delete(look);
          signal?.removeEventListener('abort', abort);
          resolve(reached);
        };
        const look = () => enough(spans(traceId)) && finish(true);
        const abort = () => finish(false);
        const timer = setTimeout(abort, withinMs);
        arrivals.add(look);
        if (signal?.aborted) abort();
        else signal?.addEventListener('abort', abort);
        look();
      }),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await options.forwarding?.shutdown();
    },
  };
}
