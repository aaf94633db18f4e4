import * as v from 'valibot';
import { text, url } from '../../core/env.ts';

/** What the relay needs; `lib/` type-checks what it deploys against this. */
export const env = v.object({
  DATABASE_URL: url('postgres', 'postgresql'),
  EVENT_BUS_NAME: text(),
  /** Commands go straight to a queue: the outbox row names it, this says where it is. */
  FILE_GENERATOR_QUEUE_URL: url('http', 'https'),
  QUEUE_URL: url('http', 'https'),
  DEAD_LETTER_QUEUE_URL: url('http', 'https'),
});
