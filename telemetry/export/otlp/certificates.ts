import { readFileSync } from 'node:fs';
import type { Environment } from '../../settings/variables.ts';
import { said, warn } from '../../settings/variables.ts';
import type { Certificates } from '../post.ts';

/** In the order in which they are asked. */
const FILES = {
  ca: ['OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
  cert: ['OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'],
  key: ['OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY', 'OTEL_EXPORTER_OTLP_CLIENT_KEY'],
} as const;

/**
 * Reads the files these variables name. One that cannot be read is one warning, and the connection is tried without it.
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options
 */
export function readCertificates(env: Environment): Certificates {
  const certificates: Certificates = {};
  for (const [part, variables] of Object.entries(FILES) as [keyof Certificates, readonly string[]][]) {
    const variable = variables.find((name) => said(env, name));
    if (!variable) continue;
    try {
      certificates[part] = readFileSync(said(env, variable) ?? '');
    } catch {
      warn(variable, 'names a file that cannot be read', 'it is left out');
    }
  }
  return certificates;
}
