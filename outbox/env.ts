import * as v from 'valibot';
import { text, url, whole } from '../core/env.ts';

/** What every program needs that has something to say: entries for its own contract. */
export const sayingEntries = {
  DATABASE_URL: url('postgres', 'postgresql'),
  EVENT_BUS_NAME: text(),
  RELAY_QUEUE_URL: url('http', 'https'),
  /** Seconds until a nudge wakes the relay; SQS delays a message by 900 at most. */
  RELAY_DELAY_SECONDS: v.optional(whole(6, 900), '60'),
};
