import type { Attributes } from '@opentelemetry/api';
import type { TracedStatement } from './sql.ts';
import { MAX_TEXT } from './sql-shape.ts';

/**
 * The database attributes as they were called before the conventions became stable, for backends that read no others: Coralogix's
 * Database Monitoring needs the first four and `net.peer.name`, X-Ray's exporter `db.user` beside them.
 * @see https://github.com/open-telemetry/semantic-conventions/blob/v1.24.0/docs/database/database-spans.md
 */
export const olderNames = ({ server, namespace, operation, collection, text }: TracedStatement): Attributes => ({
  'db.system': 'postgresql',
  'db.name': namespace,
  'db.operation': operation,
  'db.statement': text.slice(0, MAX_TEXT),
  ...(collection && { 'db.sql.table': collection }),
  ...(server.user && { 'db.user': server.user }),
  'net.peer.name': server.address,
  'net.peer.port': server.port,
});
