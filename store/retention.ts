import { sql } from 'kysely';
import type { Reader } from './database.ts';

/** Few enough for one statement within its time-out, however much has piled up. */
const BATCH = 5000;

/**
 * Deletes what nobody asks for any more: published outbox rows after 7 days, inbox rows after 30, idempotency keys after
 * 24 hours. At most 5,000 of each in one call.
 * @returns how many of each.
 */
export async function deleteExpired(db: Reader): Promise<{ outbox: number; inbox: number; idempotency: number }> {
  const outbox = await db
    .deleteFrom('outbox')
    .where('id', 'in', (rows) =>
      rows.selectFrom('outbox').select('id').where('published_at', '<', ago('7 days')).limit(BATCH),
    )
    .executeTakeFirst();
  const inbox = await db
    .deleteFrom('inbox')
    .where((row) => {
      const expired = row.selectFrom('inbox').select(['consumer', 'id']).where('at', '<', ago('30 days')).limit(BATCH);
      return row(row.refTuple('consumer', 'id'), 'in', expired.$asTuple('consumer', 'id'));
    })
    .executeTakeFirst();
  const idempotency = await db
    .deleteFrom('idempotency_keys')
    .where('key', 'in', (rows) =>
      rows.selectFrom('idempotency_keys').select('key').where('created_at', '<', ago('24 hours')).limit(BATCH),
    )
    .executeTakeFirst();
  return {
    outbox: Number(outbox.numDeletedRows),
    inbox: Number(inbox.numDeletedRows),
    idempotency: Number(idempotency.numDeletedRows),
  };
}

const ago = (interval: string) => sql<Date>`now() - ${sql.lit(interval)}::interval`;
