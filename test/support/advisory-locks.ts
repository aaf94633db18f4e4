import { sql } from 'kysely';
import type { Database } from '../../store/database.ts';

/** Whether a transaction of this database waits for an advisory lock that another one holds. */
export async function somebodyWaits(db: Database): Promise<boolean> {
  const waiting = sql`select from pg_locks join pg_database on pg_database.oid = pg_locks.database
    where datname = current_database() and locktype = 'advisory' and not granted`;
  return (await waiting.execute(db)).rows.length > 0;
}
