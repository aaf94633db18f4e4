import { reasonOf } from '../export/outcome.ts';
import { credentials, daemon, refusal } from './answered.ts';
import type { Diagnosis, Failed } from './diagnosis.ts';
import { notReached, otherProtocol, silence } from './unanswered.ts';

/** Names the cause of a failed export: what the backend answered comes first, then how far one gets towards it. */
export function diagnose(failed: Failed): Diagnosis {
  return (
    credentials(failed) ??
    daemon(failed) ??
    refusal(failed) ??
    notReached(failed) ??
    otherProtocol(failed) ??
    silence(failed) ?? {
      cause: reasonOf(failed.failure),
      remedy: 'OTEL_LOG_LEVEL=debug says more of each export',
    }
  );
}
