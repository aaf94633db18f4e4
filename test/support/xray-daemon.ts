import { createSocket } from 'node:dgram';
import type { TestContext } from 'node:test';
import { readExport, type ReceivedSpan } from '../../local/collector/otlp.ts';
import { eventually } from './eventually.ts';

/** What listens where the X-Ray daemon would, and reads what arrives. */
export interface XRayDaemon {
  /** `AWS_XRAY_DAEMON_ADDRESS`. */
  address: string;
  /** Bytes of each datagram, in order of arrival. */
  sizes: number[];
  /** Spans of all datagrams so far. */
  spans(): ReceivedSpan[];
  /** Waits until so many spans have arrived; rejects after half a minute. */
  until(count: number): Promise<ReceivedSpan[]>;
}

/** The first line as the daemon reads it (aws-xray-daemon, pkg/tracesegment), then OTLP of sampled spans in base64. */
const DATAGRAM = /^\{"format":"json","version":1\}\nT1S([A-Za-z0-9+/]+={0,2})$/;

/** A real UDP socket on loopback that ends with the test. A datagram of any other form is thrown at whoever asks for spans. */
export async function startXRayDaemon(t: Pick<TestContext, 'after'>, port = 0): Promise<XRayDaemon> {
  const socket = createSocket('udp4');
  const datagrams: Buffer[] = [];
  socket.on('message', (message) => datagrams.push(message));
  await new Promise<void>((resolve) => {
    socket.bind(port, '127.0.0.1', resolve);
  });
  t.after(() => socket.close());

  const read: ReceivedSpan[][] = [];
  const spans = () => {
    for (const datagram of datagrams.slice(read.length)) read.push(spansOf(datagram));
    return read.flat();
  };
  return {
    address: `127.0.0.1:${socket.address().port}`,
    get sizes() {
      return datagrams.map(({ length }) => length);
    },
    spans,
    until: async (count) => {
      await eventually(() => spans().length >= count, `${count} spans`);
      return spans();
    },
  };
}

function spansOf(datagram: Buffer): ReceivedSpan[] {
  const [, otlp] = DATAGRAM.exec(datagram.toString('latin1')) ?? [];
  if (!otlp) throw new Error(`not what X-Ray's daemon takes: ${datagram.toString('latin1', 0, 80)}`);
  return readExport('application/x-protobuf', Buffer.from(otlp, 'base64'));
}

/** A loopback address on which nobody listens for datagrams: it was free a moment ago. */
export async function noDaemon(): Promise<string> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  const { port } = socket.address();
  await new Promise<void>((resolve) => {
    socket.close(resolve);
  });
  return `127.0.0.1:${port}`;
}
