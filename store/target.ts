import { Signer } from '@aws-sdk/rds-signer';
import type { PoolConfig } from 'pg';
import { rootsOf } from './rds-roots.ts';

/** Who signs in: with this password, else with a token. */
export interface Login {
  user: string;
  password?: string;
}

/**
 * What the client needs to open sessions with these settings of the server's.
 *
 * With `?auth=iam` the URL has no password: each session signs in with a token of its own, made here from the function's
 * credentials and good for 15 minutes, and only to a server that RDS's own roots vouch for under the name that was asked for
 * (as `sslmode=verify-full`). A login replaces the token, not the check.
 */
export function connectionTo(database: string, settings: Record<string, string | number>, login?: Login): PoolConfig {
  const url = new URL(database);
  const given = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const options = [url.searchParams.get('options'), ...given].filter(Boolean).join(' ');
  if (url.searchParams.get('auth') !== 'iam') {
    url.searchParams.set('options', options);
    return { connectionString: url.href };
  }

  const { hostname: host, port } = { hostname: url.hostname, port: Number(url.port || 5432) };
  const user = login?.user ?? decodeURIComponent(url.username);
  const signer = new Signer({ hostname: host, port, username: user });
  return {
    host,
    port,
    user,
    database: decodeURIComponent(url.pathname.slice(1)),
    password: login?.password ?? (() => signer.getAuthToken()),
    ssl: { ca: rootsOf(regionOf(host)) },
    options,
  };
}

/** `<cluster>.<id>.<region>.rds.amazonaws.com` */
const regionOf = (host: string): string => host.split('.').at(-4) ?? '';
