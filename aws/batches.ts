import { errorType } from '../telemetry/safe/failure.ts';
import type { Sent } from '../telemetry/edges/send.ts';

/** What became of one entry, read from the service's answer: `error` is its code, or that of what was thrown at the whole call. */
export type Outcome = { ok: true; id: string } | { ok: false; error: string };

/** One entry ready for the wire. */
export interface Ready<E> {
  entry: E;
  bytes: number;
  sent: Sent;
}

/** What the service said about a batch, one part per entry and in their order. */
export interface Answer {
  parts: { id?: string | undefined; error?: string | undefined }[];
  requestId: string | undefined;
}

/**
 * Sends entries in their order, in as few calls as the service's limits allow. Never throws: a call that does, does so
 * to its own entries only, and an entry too large for a call of its own is refused without one.
 */
export async function sendInBatches<T, E>(
  items: T[],
  limit: { entries: number; bytes: number },
  prepare: (item: T) => Ready<E>,
  call: (entries: E[]) => Promise<Answer>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let batch: Ready<E>[] = [];
  const flush = async () => {
    if (batch.length > 0) outcomes.push(...(await sendBatch(batch, call)));
    batch = [];
  };
  for (const item of items) {
    const ready = prepare(item);
    const bytes = batch.reduce((sum, other) => sum + other.bytes, ready.bytes);
    if (batch.length === limit.entries || bytes > limit.bytes) await flush();
    if (ready.bytes <= limit.bytes) batch.push(ready);
    else outcomes.push(settle(ready.sent, { error: 'EntryTooLarge' }, undefined));
  }
  await flush();
  return outcomes;
}

async function sendBatch<E>(batch: Ready<E>[], call: (entries: E[]) => Promise<Answer>): Promise<Outcome[]> {
  try {
    const { parts, requestId } = await call(batch.map(({ entry }) => entry));
    return batch.map(({ sent }, index) => settle(sent, parts[index], requestId));
  } catch (thrown) {
    const type = errorType(thrown);
    return batch.map(({ sent }) => {
      sent.refused(type, thrown);
      return { ok: false, error: type };
    });
  }
}

/** An entry the answer does not mention was not accepted. */
function settle(sent: Sent, part: Answer['parts'][number] | undefined, requestId: string | undefined): Outcome {
  if (part?.id !== undefined) {
    sent.accepted(part.id, requestId);
    return { ok: true, id: part.id };
  }
  const error = part?.error ?? 'NoAnswer';
  sent.refused(error);
  return { ok: false, error };
}
