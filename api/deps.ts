import type { Publisher } from '../outbox/publish.ts';
import type { Say } from '../outbox/write.ts';
import type { Database } from '../store/database.ts';

/** What the API is made from: the database, and the two ends of the outbox. Tests hand in doubles of the ends. */
export interface Deps {
  db: Database;
  /** Writes an event or command in a transaction; throws Unavailable when nobody could be woken to publish it. */
  say: Say;
  /** Publishes after the commit; never throws, and what it cannot publish in time the relay does. */
  publish: Publisher['publish'];
  /** Asks the database for as little as possible. */
  ping: () => Promise<unknown>;
}
