import { setTimeout } from 'node:timers/promises';
import { Kysely, type Transaction as KyselyTransaction, sql } from 'kysely';
import { TracedPostgres } from './driver.ts';
import { worthAnotherTry } from './errors.ts';
import type { SessionOptions } from './session.ts';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;
export type Transaction = KyselyTransaction<Tables>;
/** What reads: a transaction, or each statement for itself. */
export type Reader = Database | Transaction;

/** Opens nothing yet: sessions come with the first statement. `destroy()` closes them. */
export function openDatabase(options: SessionOptions): Database {
  return new Kysely<Tables>({ dialect: new TracedPostgres(options) });
}

const TRIES = 3;
/** With 18 s to connect, an answer must still be there within 20 s. */
const TRY_AGAIN_WITHIN_MS = 5000;

/**
 * Runs work in one transaction, read committed. Deadlocks, serialisation failures and lost sessions begin it again, up
 * to three times in all and never once COMMIT was sent: whether that took effect, nobody knows.
 * @throws Overlap, Duplicate, Unavailable, DatabaseError, or what the work throws.
 */
export async function transaction<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const began = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    let committing = false;
    try {
      return await db.transaction().execute(async (tx) => {
        const result = await work(tx);
        committing = true;
        return result;
      });
    } catch (error) {
      const late = performance.now() - began > TRY_AGAIN_WITHIN_MS;
      if (committing || attempt === TRIES || late || !worthAnotherTry(error)) throw error;
      await setTimeout(Math.random() * 100 * attempt);
    }
  }
}

/** Resolves when the database answers. @throws Unavailable */
export async function ping(db: Database): Promise<void> {
  await sql`select 1`.execute(db);
}
