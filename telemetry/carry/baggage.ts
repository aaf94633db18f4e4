import type { Baggage, BaggageEntry } from '@opentelemetry/api';
import { baggageEntryMetadataFromString, propagation } from '@opentelemetry/api';

/** W3C's own limits for a baggage every hop must be able to carry: 64 members, 8,192 bytes. More is dropped whole, not cut. */
export const MAX_BYTES = 8192;
const MAX_MEMBERS = 64;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Reads a `baggage` value; `undefined` when it is too large or nothing in it is valid. A member that is not valid costs only itself.
 * @see https://www.w3.org/TR/baggage/#header-content
 */
export function parseBaggage(value: unknown): Baggage | undefined {
  if (typeof value !== 'string' || Buffer.byteLength(value) > MAX_BYTES) return undefined;
  const members = value.split(',');
  if (members.length > MAX_MEMBERS) return undefined;
  const entries = Object.fromEntries(members.map(parseMember).filter((member) => member !== undefined));
  return Object.keys(entries).length > 0 ? propagation.createBaggage(entries) : undefined;
}

/** Writes a baggage as W3C wants it, or `undefined` when there is none or it is over the limits. */
export function formatBaggage(baggage: Baggage | undefined): string | undefined {
  const members = (baggage?.getAllEntries() ?? []).map(([key, { value, metadata }]) => {
    const properties = metadata?.toString();
    return `${key}=${encodeURIComponent(value)}${properties ? `;${properties}` : ''}`;
  });
  const written = members.join(',');
  return written && fitsBaggage(written, members.length) ? written : undefined;
}

/** True for a baggage every hop must be able to carry. */
export const fitsBaggage = (written: string, members: number): boolean =>
  members <= MAX_MEMBERS && Buffer.byteLength(written) <= MAX_BYTES;

function parseMember(member: string): [string, BaggageEntry] | undefined {
  const [pair = '', ...properties] = member.split(';');
  const equals = pair.indexOf('=');
  const key = pair.slice(0, Math.max(0, equals)).trim();
  if (!TOKEN.test(key)) return undefined;
  try {
    const value = decodeURIComponent(pair.slice(equals + 1).trim());
    const metadata = properties.map((property) => property.trim()).join(';');
    return [key, metadata ? { value, metadata: baggageEntryMetadataFromString(metadata) } : { value }];
  } catch {
    return undefined;
  }
}
