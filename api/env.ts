import * as v from 'valibot';
import { url } from '../core/env.ts';
import { sayingEntries } from '../outbox/env.ts';

/** What the API needs from its environment, behind either door. `lib/` type-checks what it deploys against this. */
export const env = v.object({
  ...sayingEntries,
  FILE_GENERATOR_QUEUE_URL: url('http', 'https'),
  /** What a caller's trace headers are worth: `link` when the API is open to anybody. */
  TRACE_EDGE: v.optional(v.picklist(['continue', 'link', 'ignore'], 'must be continue, link or ignore'), 'continue'),
});
