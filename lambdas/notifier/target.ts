import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { Permanent } from '../../core/permanent.ts';

/** Every address a name has now. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

const resolveAll: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

export interface TargetOptions {
  /** Lets a target be this machine, over http and on any port. Nothing else private ever is. */
  allowLoopback: boolean;
  /** The one name that may lead to a private address as well, over http and on any port: a receiver in a container network. */
  allowHost?: string | undefined;
  resolve?: Resolve;
}

/** The globally routed part of IPv6 (RFC 4291 §2.4); whatever lies outside of it leads to somewhere else than the internet. */
const GLOBAL_IPV6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** Where containers have theirs (RFC 1918, RFC 4193). Not link-local: there are the metadata of clouds. */
const INSIDE = new Set(['private', 'uniqueLocal', 'loopback']);

/**
 * Judges where a webhook may go, and gives the addresses it may be sent to: whoever connects must use these and not look the name
 * up again, else a second answer (DNS rebinding) would undo the check. A target is https on port 443, without user
 * information, and *every* address of its name is public. IP literals come in many spellings (`0x7f.1`, `2130706433`,
 * `[::ffff:7f00:1]`); `URL` has normalised them before they are judged here.
 * @throws Permanent `webhook-target-refused`, without repeating the target. A name that cannot be resolved throws what the resolver
 * threw: that may pass.
 */
export async function addressesOf(
  url: URL,
  { allowLoopback, allowHost, resolve = resolveAll }: TargetOptions,
): Promise<LookupAddress[]> {
  if (url.username || url.password) throw refused('it carries user information');

  const addresses = await resolved(url.hostname, resolve);
  if (addresses.length === 0) throw new Error('the webhook host has no address');
  if (allowLoopback && addresses.every(({ address }) => rangeOf(address) === 'loopback')) return addresses;

  if (url.hostname === allowHost && addresses.every(({ address }) => INSIDE.has(rangeOf(address)))) return addresses;

  if (url.protocol !== 'https:') throw refused('it is not https');
  if (url.port !== '') throw refused('its port is not 443');
  const inward = addresses.map(({ address }) => rangeOf(address)).find((range) => range !== 'public');
  if (inward) throw refused(`an address of it is not public (${inward})`);
  return addresses;
}

/** `node:net` connects to a literal without asking any lookup, so a literal stands for itself and is judged as it is. */
async function resolved(hostname: string, resolve: Resolve): Promise<LookupAddress[]> {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (!ipaddr.isValid(literal)) return resolve(hostname);
  return [{ address: literal, family: ipaddr.parse(literal).kind() === 'ipv6' ? 6 : 4 }];
}

/** `public`, `loopback`, or the name of the special range an address lies in. IPv4 inside IPv6 (mapped, NAT64, 6to4) is never public. */
function rangeOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unreadable';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range !== 'unicast') return range;
  return parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_IPV6) ? 'reserved' : 'public';
}

const refused = (why: string) => new Permanent('webhook-target-refused', `the webhook target is refused: ${why}`);
