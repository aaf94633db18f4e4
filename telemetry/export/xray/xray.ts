import type { Socket } from 'node:dgram';
import { setImmediate as turn } from 'node:timers/promises';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { log } from '../../log.ts';
import type { Environment } from '../../settings/variables.ts';
import type { TraceExporter } from '../exporters.ts';
import { readDaemonAddress, type DaemonAddress } from './address.ts';
import { forXRay } from './attributes.ts';
import { MAX_DATAGRAM, pack, type Datagram } from './datagrams.ts';

/** Below this a datagram is not made smaller: whoever refuses one so small refuses all. */
const MIN_DATAGRAM = 1000;

/** A socket and what it heard of its datagrams from the network after they had left. */
interface Line {
  socket: Socket;
  failure?: Error;
}

/**
 * Sends spans to the X-Ray daemon of this machine, as Lambda runs one for a function with active tracing: OTLP in datagrams,
 * nobody to wait for. An export is done when its last datagram has left this process, so that a freeze cannot keep it. A
 * span too large for a datagram is dropped, logged and counted; where nobody listens the export fails, as far as the network says so.
 * Only sampled spans are to be handed to it.
 * @see docs/decisions/0012-xray-by-udp.md
 */
export function xrayExporter(env: Environment): TraceExporter {
  const address = readDaemonAddress(env);
  let most = MAX_DATAGRAM;
  let dropped = 0;
  let opened: Promise<Line> | undefined;

  const line = (): Promise<Line> => (opened ??= open(address));
  const close = async (): Promise<void> => {
    const closing = opened;
    opened = undefined;
    (await closing?.catch(() => undefined))?.socket.close();
  };

  const send = async (spans: ReadableSpan[]): Promise<void> => {
    const { datagrams, tooLarge } = pack(spans, most);
    if (tooLarge.length > 0) drop(tooLarge);
    for (const [index, datagram] of datagrams.entries()) {
      const failure = await sendOne(await line(), datagram);
      if (!failure) continue;
      if (!isTooLong(failure) || most / 2 < MIN_DATAGRAM) throw failure;
      // This machine sends smaller ones only (macOS: 9,216 bytes): the rest again, in smaller ones.
      most = Math.floor(most / 2);
      return send(datagrams.slice(index).flatMap((left) => left.spans));
    }
  };

  const drop = (spans: ReadableSpan[]): void => {
    dropped += spans.length;
    const [first] = spans;
    log.warn('spans too large for a datagram are dropped', {
      exporter: 'xray',
      spans: spans.length,
      first: first?.name,
    });
  };

  const result = async (spans: ReadableSpan[]): Promise<{ code: number; error?: Error }> => {
    try {
      await send(spans.map(forXRay));
      return { code: 0 };
    } catch (thrown) {
      // A new socket next time: what the network still has to say of this one is of no interest then.
      await close();
      return { code: 1, error: thrown instanceof Error ? thrown : new Error('the exporter failed') };
    }
  };

  return {
    export: async (spans, done) => done(await result(spans)),
    shutdown: close,
    dropped: () => dropped,
    target: `udp://${isLiteral(address.host) ? `[${address.host}]` : address.host}:${address.port}`,
  };
}

async function open({ host, port }: DaemonAddress): Promise<Line> {
  // Loaded with the first export: 0.5 ms of a cold start that exports elsewhere.
  const { createSocket } = await import('node:dgram');
  const socket = createSocket(isLiteral(host) ? 'udp6' : 'udp4');
  socket.unref();
  const line: Line = { socket };
  socket.on('error', (error) => (line.failure = error));
  return new Promise((resolve, reject) => {
    // Connected, so that the network's "nobody listens there" comes back to this socket.
    socket.connect(port, host, (error?: Error) => {
      if (!error) return resolve(line);
      socket.close();
      reject(error);
    });
  });
}

/** An address that was read has colons only where it is one of IPv6; to ask `net.isIPv6` is 2.4 ms of a cold start. */
const isLiteral = (host: string): boolean => host.includes(':');

/**
 * Sends one datagram, waits until it has left, and a turn of the event loop longer: on one machine a refusal is there by then, and the
 * reader gets to read. Linux' receive buffer (212,992 bytes) holds three full datagrams: of 100 sent without a pause 3
 * arrived, with it all.
 */
async function sendOne(line: Line, { bytes }: Datagram): Promise<Error | undefined> {
  const failure = await new Promise<Error | null>((resolve) => {
    line.socket.send(bytes, resolve);
  });
  await turn();
  return failure ?? line.failure;
}

const isTooLong = (error: Error): boolean => 'code' in error && error.code === 'EMSGSIZE';
