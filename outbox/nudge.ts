import type { SQSClient } from '@aws-sdk/client-sqs';
import { sendNudge } from '../aws/queue.ts';
import { Unavailable } from '../core/unavailable.ts';

export interface NudgeOptions {
  /** One that makes a single attempt: a transaction is open meanwhile. */
  sqs: SQSClient;
  queueUrl: string;
  /** How long a nudge is on its way to the relay (`RELAY_DELAY_SECONDS`). */
  delaySeconds: number;
  /** Wall clock in milliseconds: a monotonic one stands still while a function is frozen. */
  now?: () => number;
}

/** A nudge covers what is committed in half its delay; a sixth of it bounds a transaction, so that none outlives its nudge. */
export const transactionTimeoutMs = (delaySeconds: number): number => (delaySeconds * 1000) / 6;

/**
 * Makes what every transaction with something to say awaits before its COMMIT: no nudge, no commit. A nudge that left at t
 * wakes the relay at t + delay and covers what this process commits until t + delay/2, so one is sent only when the last
 * successful one is older; whoever comes while it is being sent shares it.
 * @returns a function that throws Unavailable when the nudge cannot be sent.
 */
export function nudger({ sqs, queueUrl, delaySeconds, now = Date.now }: NudgeOptions): () => Promise<void> {
  const coversMs = (delaySeconds * 1000) / 2;
  let last: { leftAt: number; sent: Promise<void> } | undefined;

  return async () => {
    const age = last ? now() - last.leftAt : Infinity;
    // A negative age is a clock that was set back: what it says about the last nudge is worth nothing.
    if (!last || age < 0 || age >= coversMs) last = { leftAt: now(), sent: sendNudge(sqs, queueUrl, delaySeconds) };
    const mine = last;
    try {
      await mine.sent;
    } catch (cause) {
      if (last === mine) last = undefined;
      throw new Unavailable('the relay cannot be nudged, so nothing may be committed', { cause });
    }
  };
}
