import * as v from 'valibot';
import { url } from '../../core/env.ts';
import { sayingEntries } from '../../outbox/env.ts';

/** What the validator needs; `lib/` type-checks what it deploys against this. */
export const env = v.object({
  ...sayingEntries,
  QUEUE_URL: url('http', 'https'),
  DEAD_LETTER_QUEUE_URL: url('http', 'https'),
});
