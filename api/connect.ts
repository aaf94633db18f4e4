import type * as v from 'valibot';
import { sqsClient } from '../aws/clients.ts';
import { service } from '../events/catalogue.ts';
import { openOutbox, type Outbox } from '../outbox/open.ts';
import { ping } from '../store/database.ts';
import type { env } from './env.ts';

type ApiEnv = v.InferOutput<typeof env>;

/** What the API is made from: the database, and the two ends of its outbox. Tests hand in doubles of the ends. */
export interface Deps extends Outbox {
  /** Asks the database for as little as possible. */
  ping: () => Promise<unknown>;
}

/** Connects the API to its database, bus and queues; nothing is called before the first request. `close` gives the sessions back. */
export function connect(settings: ApiEnv): Deps & { close: () => Promise<void> } {
  const outbox = openOutbox({
    env: settings,
    sqs: sqsClient(),
    queues: { [service.fileGenerator]: settings.FILE_GENERATOR_QUEUE_URL },
  });
  return { ...outbox, ping: () => ping(outbox.db), close: () => outbox.db.destroy() };
}
