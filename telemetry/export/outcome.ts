import { redact } from '../safe/redact.ts';

/** What an exporter tells the SDK: `ExportResult` of @opentelemetry/core, which is no dependency of ours. */
export interface Outcome {
  /** 0 for success, 1 for failure. */
  code: 0 | 1;
  error?: Error;
}

/** Longer than what a peer says of itself in a line or two. */
const MAX_REASON = 300;

/** Why an export failed, in a line with secrets masked; the stock exporters' errors say only half of it in their message. */
export function reasonOf(failure: Error): string {
  const code = 'code' in failure ? failure.code : undefined;
  // Of several addresses tried at once (`localhost`), none answered: the message is empty.
  if (failure.message === '') return typeof code === 'string' ? code : failure.name;
  const isStatus = typeof code === 'number' && code >= 100;
  return redact(isStatus ? `answered ${code} ${failure.message}` : failure.message, MAX_REASON);
}

/** What became of an export, as the SDK wants to hear it; never rejects. */
export async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  try {
    await work;
    return { code: 0 };
  } catch (thrown) {
    return { code: 1, error: thrown instanceof Error ? thrown : new Error('the exporter failed') };
  }
}
