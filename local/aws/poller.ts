import { setTimeout as sleep } from 'node:timers/promises';
import type { FunctionHandle } from './functions.ts';
import type { Mapping } from './plan.ts';
import type { Received } from './message.ts';
import type { Queue } from './queue.ts';
import { toRecord } from './received.ts';

const LONG_POLL_MS = 20_000;

/** On AWS the messages of a process that died wait out the queue's visibility (three minutes); nobody wants to wait that long on one machine. */
const AFTER_DEATH_MS = 1000;
const AFTER_FAILURE_MS = 1000;

interface Polling {
  mapping: Mapping;
  queue: Queue;
  fn: FunctionHandle;
  signal: AbortSignal;
  onLine: (line: string) => void;
}

/**
 * An event source mapping: takes batches from the queue and has the function process them, one at a time, until `signal` aborts;
 * resolves when the last invocation is over. Messages that succeeded are deleted; the others come back when their visibility ends,
 * or at once when the process that held them has died.
 * Nothing is received while the function's process is down, so a crash does not use up receives. What fails here itself
 * (a full disk) is said, and tried again.
 */
export async function poll(options: Polling): Promise<void> {
  const { fn, signal, onLine } = options;
  while (!signal.aborted) {
    try {
      await fn.ready();
    } catch {
      continue;
    }
    try {
      await workOff(options);
    } catch (error) {
      onLine(`polling failed: ${(error as Error).stack}`);
      await sleep(AFTER_FAILURE_MS);
    }
  }
}

/** Receives one batch, has it processed, and settles each of its messages. */
async function workOff({ mapping, queue, fn, signal, onLine }: Polling): Promise<void> {
  const batch = await collect(mapping, queue, signal);
  if (batch.length === 0 || signal.aborted) return;
  const ids = batch.map(({ id }) => id);
  let failed: ReadonlySet<string>;
  let died = false;
  try {
    const answer = await fn.invoke({ Records: batch.map((message) => toRecord(message, queue.plan.arn)) });
    failed = mapping.partial ? failedIds(answer, ids) : new Set();
  } catch (error) {
    onLine(`invocation failed, ${ids.length} message(s) come back: ${(error as Error).stack}`);
    failed = new Set(ids);
    died = (error as Error).name === 'Runtime.ExitError';
  }
  for (const { id, receipt } of batch) {
    if (!failed.has(id)) queue.delete(receipt);
    else if (died && queue.holds(receipt)) queue.changeVisibility(receipt, AFTER_DEATH_MS);
  }
}

/**
 * Which messages an answer leaves undone, as documented for `ReportBatchItemFailures`: none for null, an empty object, or a null or
 * empty list; all for an answer of another shape or an item whose identifier is empty, missing or not one of the batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function failedIds(answer: unknown, batch: string[]): ReadonlySet<string> {
  const all = new Set(batch);
  if (answer === null || answer === undefined) return new Set();
  if (typeof answer !== 'object' || Array.isArray(answer)) return all;
  const { batchItemFailures: items = null } = answer as { batchItemFailures?: unknown };
  if (items === null) return new Set();
  if (!Array.isArray(items)) return all;
  const failed = items.map((item: { itemIdentifier?: string } | null) => item?.itemIdentifier ?? '');
  return failed.every((id) => all.has(id)) ? new Set(failed) : all;
}

/** A full batch, or what has come when the batching window, which begins with the first message, is over. */
async function collect({ batchSize, windowMs }: Mapping, queue: Queue, signal: AbortSignal): Promise<Received[]> {
  const batch = await queue.receive({ max: Math.min(batchSize, 10), waitMs: LONG_POLL_MS, signal });
  const end = Date.now() + windowMs;
  while (batch.length > 0 && batch.length < batchSize && Date.now() < end && !signal.aborted) {
    batch.push(
      ...(await queue.receive({ max: Math.min(batchSize - batch.length, 10), waitMs: end - Date.now(), signal })),
    );
  }
  return batch;
}
