// A process of its own that sends requests as fast as they are answered, over kept connections, one at a time on each. Sockets and not
// node:http, whose client needs more time for a request than the API does and would be what is measured.
import { connect, type Socket } from 'node:net';

/** What to send, for how long, and to which port. */
export interface Load {
  port: number;
  connections: number;
  milliseconds: number;
  /** `read` asks for one video; `write` places a product, each time somewhere else. */
  what: 'read' | 'write';
}

export interface Loaded {
  requests: number;
  /** Answers that were not 2xx. */
  failures: number;
  milliseconds: number;
}

/** Never the same second of the same video twice in this process. */
let placed = 0;

function requestFor({ what }: Load, connection: number): string {
  const traceparent = `00-${hex(32)}-${hex(16)}-01`;
  if (what === 'read') {
    return `GET /v1/videos/vi-1 HTTP/1.1\r\nhost: 127.0.0.1\r\ntraceparent: ${traceparent}\r\n\r\n`;
  }
  placed += 1;
  const at = placed / 1000;
  const body = JSON.stringify({
    video_id: `vi-${connection + 1}`,
    product_id: 'pr-1',
    start_time: at,
    end_time: (placed + 1) / 1000,
  });
  return `POST /v1/placements HTTP/1.1\r\nhost: 127.0.0.1\r\ntraceparent: ${traceparent}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

const hex = (digits: number): string =>
  Array.from({ length: digits / 8 }, () =>
    Math.floor(Math.random() * 0xffffffff)
      .toString(16)
      .padStart(8, '1'),
  ).join('');

async function send(load: Load): Promise<Loaded> {
  const began = performance.now();
  const all = await Promise.all(Array.from({ length: load.connections }, (_, index) => one(load, index, began)));
  const milliseconds = performance.now() - began;
  const sum = (key: 'requests' | 'failures') => all.reduce((total, counted) => total + counted[key], 0);
  return { requests: sum('requests'), failures: sum('failures'), milliseconds };
}

function one(load: Load, connection: number, began: number): Promise<{ requests: number; failures: number }> {
  return new Promise((resolve, reject) => {
    let [requests, failures, text] = [0, 0, ''];
    const socket: Socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true });
    const next = () => socket.write(requestFor(load, connection));
    socket.setEncoding('latin1');
    socket.once('connect', next).once('error', reject);
    socket.on('data', (chunk: string) => {
      text += chunk;
      const head = text.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < head + 4 + length) return;
      requests += 1;
      if (!text.startsWith('HTTP/1.1 2')) failures += 1;
      text = '';
      if (performance.now() - began < load.milliseconds) next();
      else {
        socket.destroy();
        resolve({ requests, failures });
      }
    });
  });
}

process.on('disconnect', () => process.exit(0));
process.on('message', (load: Load) => {
  void send(load).then((loaded) => process.send?.(loaded));
});
process.send?.('ready');
