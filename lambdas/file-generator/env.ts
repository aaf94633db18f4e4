import * as v from 'valibot';
import { text, url } from '../../core/env.ts';
import { sayingEntries } from '../../outbox/env.ts';

/** What the file-generator needs; `lib/` type-checks what it deploys against this. */
export const env = v.object({
  ...sayingEntries,
  BUCKET_NAME: text(),
  QUEUE_URL: url('http', 'https'),
  DEAD_LETTER_QUEUE_URL: url('http', 'https'),
});
