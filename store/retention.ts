import { type DeleteResult, sql } from 'kysely';
import type { Reader } from './database.ts';
import { answersSince } from './idempotency.ts';

/** Few enough for one statement within its time-out, however much has piled up. */
const BATCH = 5000;
/** A bound for one call: the next one goes on. */
const BATCHES = 20;

/**
 * Deletes what nobody asks for any more: published outbox rows after 7 days, inbox rows after 30, idempotency keys after
 * 24 hours. At most 100,000 of each in one call.
 * @returns how many of each.
 */
export async function deleteExpired(db: Reader): Promise<{ outbox: number; inbox: number; idempotency: number }> {
  return {
    outbox: await inBatches(() => deletePublished(db)),
    inbox: await inBatches(() => deleteReceived(db)),
    idempotency: await inBatches(() => deleteAnswered(db)),
  };
}

const deletePublished = (db: Reader) =>
  db
    .deleteFrom('outbox')
    .where('id', 'in', (rows) =>
      rows.selectFrom('outbox').select('id').where('published_at', '<', ago('7 days')).limit(BATCH),
    )
    .executeTakeFirstOrThrow();

const deleteReceived = (db: Reader) =>
  db
    .deleteFrom('inbox')
    .where((row) => {
      const expired = row.selectFrom('inbox').select(['consumer', 'id']).where('at', '<', ago('30 days')).limit(BATCH);
      return row(row.refTuple('consumer', 'id'), 'in', expired.$asTuple('consumer', 'id'));
    })
    .executeTakeFirstOrThrow();

const deleteAnswered = (db: Reader) =>
  db
    .deleteFrom('idempotency_keys')
    .where('key', 'in', (rows) =>
      rows.selectFrom('idempotency_keys').select('key').where('created_at', '<', answersSince).limit(BATCH),
    )
    .executeTakeFirstOrThrow();

const ago = (interval: string) => sql<Date>`now() - ${sql.lit(interval)}::interval`;

async function inBatches(deleteSome: () => Promise<DeleteResult>): Promise<number> {
  let total = 0;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const deleted = Number((await deleteSome()).numDeletedRows);
    total += deleted;
    if (deleted < BATCH) break;
  }
  return total;
}
