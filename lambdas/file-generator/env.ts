import * as v from 'valibot';
import { text, url, whole } from '../../core/env.ts';

/** What the file-generator needs; `lib/` type-checks what it deploys against this. */
export const env = v.object({
  DATABASE_URL: url('postgres', 'postgresql'),
  EVENT_BUS_NAME: text(),
  BUCKET_NAME: text(),
  QUEUE_URL: url('http', 'https'),
  DEAD_LETTER_QUEUE_URL: url('http', 'https'),
  RELAY_QUEUE_URL: url('http', 'https'),
  /** Seconds until a nudge arrives; SQS delays a message by 900 at most. */
  RELAY_DELAY_SECONDS: v.optional(whole(6, 900), '60'),
});
