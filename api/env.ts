import * as v from 'valibot';
import { text, url, whole } from '../core/env.ts';

/** What the API needs from its environment, behind either door. `lib/` type-checks what it deploys against this. */
export const env = v.object({
  DATABASE_URL: url('postgres', 'postgresql'),
  EVENT_BUS_NAME: text(),
  FILE_GENERATOR_QUEUE_URL: url('http', 'https'),
  RELAY_QUEUE_URL: url('http', 'https'),
  /** How long a nudge waits before it wakes the relay; a sixth of it bounds every transaction. */
  RELAY_DELAY_SECONDS: v.optional(whole(6, 900), '60'),
  /** What a caller's trace headers are worth: `link` when the API is open to anybody. */
  TRACE_EDGE: v.optional(v.picklist(['continue', 'link', 'ignore'], 'must be continue, link or ignore'), 'continue'),
});
