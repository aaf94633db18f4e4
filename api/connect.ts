import type * as v from 'valibot';
import { eventBridgeClient, nudgeClient, sqsClient } from '../aws/clients.ts';
import { service } from '../events/catalogue.ts';
import { nudger } from '../outbox/nudge.ts';
import { type Publisher, publisher } from '../outbox/publish.ts';
import { type Say, writer } from '../outbox/write.ts';
import { type Database, openDatabase, ping } from '../store/database.ts';
import type { env } from './env.ts';

type ApiEnv = v.InferOutput<typeof env>;

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

/** Connects the API to its database, bus and queues; nothing is called before the first request. `close` gives the sessions back. */
export function connect(settings: ApiEnv): Deps & { close: () => Promise<void> } {
  const delaySeconds = settings.RELAY_DELAY_SECONDS;
  const sqs = sqsClient();
  // A nudge covers what is committed in half its delay; a sixth of it bounds a transaction, so none outlives its nudge.
  const db = openDatabase({ url: settings.DATABASE_URL, transactionTimeoutMs: (delaySeconds * 1000) / 6 });
  const outbox = publisher({
    db,
    eventBridge: eventBridgeClient(),
    sqs,
    bus: settings.EVENT_BUS_NAME,
    queues: { [service.fileGenerator]: settings.FILE_GENERATOR_QUEUE_URL },
  });
  return {
    db,
    say: writer(nudger({ sqs: nudgeClient(), queueUrl: settings.RELAY_QUEUE_URL, delaySeconds })),
    publish: (rows) => outbox.publish(rows),
    ping: () => ping(db),
    close: () => db.destroy(),
  };
}
