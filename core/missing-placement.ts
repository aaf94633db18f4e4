import { Permanent } from './permanent.ts';
import { Unavailable } from './unavailable.ts';

/** The commit of a placement can be a moment behind its event; a message older than this waits for one that will not come. */
const EXPECTED_WITHIN_MS = 30_000;

/** What a consumer throws for a placement it does not find: again every five seconds while the message is young, then never. */
export const missingPlacement = (messageAgeMs: number): Permanent | Unavailable =>
  messageAgeMs < EXPECTED_WITHIN_MS
    ? new Unavailable('the placement is not there yet', { retryAfter: 5 })
    : new Permanent('placement-missing', 'the placement does not exist');
