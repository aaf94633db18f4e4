import * as v from 'valibot';
import { text, url } from '../../core/env.ts';

/** What the migration needs; `lib/` type-checks what it deploys against this. */
export const env = v.object({
  /** As the functions use it. */
  DATABASE_URL: url('postgres', 'postgresql'),
  /** The secret with name and password of the schema's owner; without it `DATABASE_URL` is the owner's own. */
  DATABASE_OWNER_SECRET_ARN: v.optional(text()),
});
