import type * as v from 'valibot';
import { eventBridgeClient, nudgeClient, sqsClient } from '../aws/clients.ts';
import { service } from '../events/catalogue.ts';
import { nudger } from '../outbox/nudge.ts';
import { publisher } from '../outbox/publish.ts';
import { writer } from '../outbox/write.ts';
import { openDatabase, ping } from '../store/database.ts';
import type { Deps } from './deps.ts';
import type { env } from './env.ts';

type ApiEnv = v.InferOutput<typeof env>;

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
