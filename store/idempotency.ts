import { sql } from 'kysely';
import type { Transaction } from './database.ts';

/** What was answered to the first request with a key, to be given again. */
export interface Answer {
  key: string;
  /** Of the request's body: the same key with another body is a mistake of the caller. */
  requestHash: string;
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Holds a key until this transaction ends; false when a request with the same key is in flight. */
export async function tryLockKey(tx: Transaction, key: string): Promise<boolean> {
  const lock = sql<{
    locked: boolean;
  }>`select pg_try_advisory_xact_lock(hashtextextended(${key}, ${KEY_LOCKS})) as locked`;
  const { rows } = await lock.execute(tx);
  return rows[0]?.locked === true;
}

/** Keeps the locks of keys apart from those of videos. */
const KEY_LOCKS = 2;

/** Answers older than this are given no more. */
export const answersSince = sql<Date>`now() - interval '24 hours'`;

/** For 24 hours. */
export function findAnswer(tx: Transaction, key: string): Promise<Answer | undefined> {
  return tx
    .selectFrom('idempotency_keys')
    .select(['key', 'request_hash as requestHash', 'status', 'headers', 'body'])
    .where('key', '=', key)
    .where('created_at', '>', answersSince)
    .executeTakeFirst();
}

/** Replaces an answer that expired and is not deleted yet. The caller holds the key. */
export async function insertAnswer(
  tx: Transaction,
  { key, requestHash, status, headers, body }: Answer,
): Promise<void> {
  const answer = { request_hash: requestHash, status, headers: JSON.stringify(headers), body };
  await tx
    .insertInto('idempotency_keys')
    .values({ key, ...answer })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ ...answer, created_at: sql<Date>`now()` }))
    .execute();
}
