import { readFileSync } from 'node:fs';
import type { Environment } from '../../settings/variables.ts';
import { said, warn } from '../../settings/variables.ts';

/** PEM, as Node's TLS takes it. */
export interface Certificates {
  /** Who vouches for the backend, instead of Node's own list. */
  ca?: Buffer;
  /** Our own certificate and its key, for a backend that asks for them. */
  cert?: Buffer;
  key?: Buffer;
}

const FILES = { ca: 'CERTIFICATE', cert: 'CLIENT_CERTIFICATE', key: 'CLIENT_KEY' } as const;

/**
 * Reads the files that `OTEL_EXPORTER_OTLP_CERTIFICATE`, `_CLIENT_CERTIFICATE` and `_CLIENT_KEY` name, those for traces before the
 * general ones. A file that cannot be read is one warning, and the connection is tried without it.
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options
 */
export function readCertificates(env: Environment): Certificates {
  const certificates: Certificates = {};
  for (const [part, variable] of Object.entries(FILES) as [keyof Certificates, string][]) {
    const name = ['OTEL_EXPORTER_OTLP_TRACES_', 'OTEL_EXPORTER_OTLP_']
      .map((prefix) => prefix + variable)
      .find((full) => said(env, full));
    if (!name) continue;
    try {
      certificates[part] = readFileSync(said(env, name) ?? '');
    } catch {
      warn(name, 'names a file that cannot be read', 'it is left out');
    }
  }
  return certificates;
}
