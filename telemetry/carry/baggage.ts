import type { Baggage, BaggageEntry } from '@opentelemetry/api';
import { baggageEntryMetadataFromString, propagation } from '@opentelemetry/api';

/** W3C's own limits for a baggage every hop must be able to carry: 64 members, 8,192 bytes. More is dropped whole, not cut. */
export const MAX_BYTES = 8192;
export const MAX_MEMBERS = 64;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** As W3C has them, to the letter: SQS refuses a message, and PostgreSQL a row, with a control character in it. */
const PROPERTY = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]{0,9}=[ \t]{0,9}[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)?$/;

/**
 * Reads a `baggage` value; `undefined` when it is too large or nothing in it is valid. A member or
 * property that is not valid costs only itself; half a character becomes U+FFFD. Never throws.
 * @see https://www.w3.org/TR/baggage/#header-content
 */
export function parseBaggage(value: unknown): Baggage | undefined {
  if (typeof value !== 'string' || Buffer.byteLength(value) > MAX_BYTES) return undefined;
  const members = value.split(',');
  if (members.length > MAX_MEMBERS) return undefined;
  const entries = Object.fromEntries(members.map(parseMember).filter((member) => member !== undefined));
  return Object.keys(entries).length > 0 ? propagation.createBaggage(entries) : undefined;
}

/** Writes a baggage as W3C wants it, or `undefined` when there is none or it is over the limits. Never throws. */
export const formatBaggage = (baggage: Baggage | undefined): string | undefined =>
  join(writtenMembers(baggage)) || undefined;

/** One member as it is written. */
export interface WrittenMember {
  key: string;
  /** Percent-encoded. */
  value: string;
  properties: string;
}

/**
 * What of a baggage can be written; nothing where that is over the limits. What own code put in and nobody can write costs
 * only itself. Never throws: an event is written in the transaction of what it tells.
 */
export function writtenMembers(baggage: Baggage | undefined): WrittenMember[] {
  const entries = baggage?.getAllEntries() ?? [];
  if (entries.length > MAX_MEMBERS) return [];
  const members = entries.map(writeMember).filter((member) => member !== undefined);
  return fitsBaggage(join(members), members.length) ? members : [];
}

const join = (members: WrittenMember[]): string =>
  members.map(({ key, value, properties }) => `${key}=${value}${properties && `;${properties}`}`).join(',');

/** True for a baggage every hop must be able to carry. */
export const fitsBaggage = (written: string, members: number): boolean =>
  members <= MAX_MEMBERS && Buffer.byteLength(written) <= MAX_BYTES;

/** True for what may be a member's key: a token of HTTP. */
export const isBaggageKey = (key: string): boolean => TOKEN.test(key);

/** A value as it was before it was written; `undefined` where it is no percent-encoding. */
export function decodeBaggageValue(value: string): string | undefined {
  try {
    return decodeURIComponent(value.toWellFormed());
  } catch {
    return undefined;
  }
}

function parseMember(member: string): [string, BaggageEntry] | undefined {
  const [pair = '', ...properties] = member.split(';');
  const equals = pair.indexOf('=');
  const key = pair.slice(0, Math.max(0, equals)).trim();
  const value = decodeBaggageValue(pair.slice(equals + 1).trim());
  if (!isBaggageKey(key) || value === undefined) return undefined;
  const metadata = validProperties(properties);
  return [key, metadata ? { value, metadata: baggageEntryMetadataFromString(metadata) } : { value }];
}

function writeMember([key, entry]: [string, BaggageEntry]): WrittenMember | undefined {
  try {
    if (!isBaggageKey(key)) return undefined;
    const value = encodeURIComponent(entry.value.toWellFormed());
    return { key, value, properties: entry.metadata ? validProperties(String(entry.metadata).split(';')) : '' };
  } catch {
    return undefined;
  }
}

const validProperties = (properties: string[]): string =>
  properties
    .map((property) => property.trim())
    .filter((property) => PROPERTY.test(property))
    .join(';');
