import { isIPv6 } from 'node:net';
import type { Environment } from '../../settings/variables.ts';
import { warn } from '../../settings/variables.ts';

/** Where the X-Ray daemon listens for datagrams. */
export interface DaemonAddress {
  /** A name or an IP literal, without brackets. */
  host: string;
  port: number;
}

const VARIABLE = 'AWS_XRAY_DAEMON_ADDRESS';
const DEFAULT: DaemonAddress = { host: '127.0.0.1', port: 2000 };

/**
 * Reads the daemon's address, which Lambda provides: `host:port`, or `tcp:host:port udp:host:port` in any order, of which
 * the second is ours. IPv6 literals stand in brackets. A wrong one is one warning, and the default is used.
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-nodejs-configuration.html
 */
export function readDaemonAddress(env: Environment): DaemonAddress {
  const said = env[VARIABLE]?.trim();
  if (!said) return DEFAULT;
  const [first = '', second, ...more] = said.split(/\s+/);
  const address = more.length > 0 ? undefined : parse(second ? udpOf(first, second) : first);
  if (address) return address;
  warn(VARIABLE, 'must be host:port, or tcp:host:port udp:host:port', 'using the default, 127.0.0.1:2000', {
    counts: false,
  });
  return DEFAULT;
}

/** Of a pair, one must be for TCP (the daemon's proxy for its API, nothing of ours) and one for UDP. */
function udpOf(...pair: [string, string]): string {
  const tcp = pair.some((address) => address.startsWith('tcp:'));
  const udp = pair.find((address) => address.startsWith('udp:'));
  return tcp && udp ? udp.slice('udp:'.length) : '';
}

function parse(text: string): DaemonAddress | undefined {
  const [, literal, name, digits] = /^(?:\[([\da-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = literal ?? name;
  const port = Number(digits);
  if (!host || (literal && !isIPv6(literal)) || !(port >= 1 && port <= 65_535)) return undefined;
  return { host, port };
}
