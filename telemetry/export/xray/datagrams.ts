import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { serialise } from '../otlp/serialise.ts';

/**
 * Bytes of one datagram. UDP over IPv4 carries 65,507 (65,535 less 20 of IP and 8 of UDP header: RFC 791, RFC 768), the daemon
 * reads into 64 KiB, and X-Ray takes a document of at most 64 kB: the smallest reading of the three.
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
 */
export const MAX_DATAGRAM = 64_000;

/** The daemon's header line, then what follows it: `T1S` is OTLP of sampled spans. `T1U` would be unsampled ones; those never get here. */
const PREFIX = '{"format":"json","version":1}\nT1S';

/** Growth of the lengths OTLP writes before resource and scope, from one span to a full datagram. */
const LENGTHS = 8;

/** Some spans as they go onto the wire. */
export interface Datagram {
  spans: ReadableSpan[];
  bytes: Buffer;
}

export interface Packed {
  datagrams: Datagram[];
  /** Spans that fill more than a datagram each by themselves. */
  tooLarge: ReadableSpan[];
}

/** Puts spans into as few datagrams as their order allows, none over `most` bytes as it is sent (base64 is a third more than OTLP). */
export function pack(spans: ReadableSpan[], most: number = MAX_DATAGRAM): Packed {
  const whole = datagramOf(spans);
  if (whole.bytes.length <= most) return { datagrams: [whole], tooLarge: [] };

  const room = Math.floor((most - PREFIX.length) / 4) * 3;
  const sizes = spanSizes();
  const packed: Packed = { datagrams: [], tooLarge: [] };
  let next: ReadableSpan[] = [];
  let scopes = new Set<unknown>();
  let size = 0;
  const close = () => {
    if (next.length > 0) packed.datagrams.push(datagramOf(next));
    [next, scopes, size] = [[], new Set(), 0];
  };
  for (const span of spans) {
    const { own, around } = sizes(span);
    if (own + around > room) {
      packed.tooLarge.push(span);
      continue;
    }
    const added = scopes.has(span.instrumentationScope) ? own : own + around;
    if (size + added > room) close();
    size += next.length === 0 ? own + around : added;
    scopes.add(span.instrumentationScope);
    next.push(span);
  }
  close();
  return packed;
}

/**
 * What a span needs of a datagram: its own bytes, and those around the first of its scope (the resource is in every datagram
 * again). The serialiser only tells whole requests: the same span twice less that span once is the span.
 */
function spanSizes(): (span: ReadableSpan) => { own: number; around: number } {
  const known = new Map<unknown, number>();
  return (span) => {
    const alone = serialise([span]).length;
    const scope = span.instrumentationScope;
    const around = known.get(scope) ?? 2 * alone - serialise([span, span]).length + LENGTHS;
    known.set(scope, around);
    return { own: alone - around + LENGTHS, around };
  };
}

const datagramOf = (spans: ReadableSpan[]): Datagram => ({
  spans,
  bytes: Buffer.from(`${PREFIX}${Buffer.from(serialise(spans)).toString('base64')}`, 'latin1'),
});
