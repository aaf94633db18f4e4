import type { Transaction } from './database.ts';

/**
 * Notes that a consumer has dealt with an event or command. False when it had: then the transaction has nothing more to
 * write. A second delivery at the same time waits here for the first one's commit.
 */
export async function firstTime(tx: Transaction, consumer: string, id: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('inbox')
    .values({ consumer, id })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}
