import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { readExport, type ReceivedSpan } from '../../local/collector/otlp.ts';

export interface GrpcPeer {
  endpoint: string;
  /** Path and metadata of each call, in order. */
  calls: { path: string | undefined; metadata: Record<string, unknown> }[];
  spans: ReceivedSpan[];
}

/**
 * An OTLP/gRPC receiver of our own, without gRPC's library: cleartext HTTP/2, a message is a flag (1: compressed, here by gzip), four bytes of length and the body.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export async function startGrpcPeer(t: Pick<TestContext, 'after'>): Promise<GrpcPeer> {
  const calls: GrpcPeer['calls'] = [];
  const spans: ReceivedSpan[] = [];
  const server = createServer();
  const answer = async (stream: ServerHttp2Stream): Promise<void> => {
    const message = await buffer(stream);
    const body = message.subarray(5, 5 + message.readUInt32BE(1));
    spans.push(...readExport('application/x-protobuf', message[0] === 1 ? gunzipSync(body) : body));
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5));
  };
  server.on('stream', (stream, headers) => {
    calls.push({ path: headers[':path'], metadata: headers });
    void answer(stream);
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.close();
    for (const session of sessions) session.destroy();
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, spans };
}
