import * as v from 'valibot';
import { text, url } from '../../core/env.ts';

/** What `npm run localstack` and its tests listen to. Nothing has to be set; an empty variable counts as not set. */
export const env = v.object({
  AWS_ENDPOINT_URL: v.optional(url('http'), 'http://127.0.0.1:4566'),
  AWS_REGION: v.optional(text(), 'eu-central-1'),
  /** A PostgreSQL as this process reaches it, instead of one started here or in the container network. */
  DATABASE_URL: v.optional(url('postgres', 'postgresql')),
  /** The same database as the functions reach it, where that is another way: from a container it is. */
  NEDLIA_FUNCTIONS_DATABASE_URL: v.optional(url('postgres', 'postgresql')),
  /** Where the service `peers` of docker-compose.localstack.yml says what it has; looked for, not required. */
  NEDLIA_PEERS_URL: v.optional(url('http'), 'http://127.0.0.1:4330'),
});
