import { type Database, transaction } from '../store/database.ts';
import { lockUnpublished, markPublished, type OutboxRow } from '../store/outbox.ts';
import type { Place } from '../store/page.ts';
import { log } from '../telemetry/log.ts';
import { send, type Sent, type Ways } from './send.ts';

export interface Publisher {
  /**
   * Says what a transaction wrote, after its COMMIT: sends, reads every answer, marks what was accepted. Never throws and
   * returns after `withinMs` at the latest; the relay takes what is left, maybe once more.
   */
  publish: (rows: OutboxRow[], withinMs?: number) => Promise<void>;
  /**
   * Says what nobody has: every row older than 3 s, in batches that no other relay touches meanwhile. What the service
   * refuses is tried once in a run and stays; a number of those above zero is a reason to come again. Begins no further
   * batch once the signal is aborted.
   */
  publishLeft: (signal?: AbortSignal) => Promise<{ published: number; refused: number }>;
}

/** The process that wrote a row says it within 1.5 s; before that the relay would only say it twice. */
const LEFT_AFTER_MS = 3000;
const BATCH = 100;
/** A batch is locked by a transaction, which ends after 10 s whether it is done or not. */
const BATCH_WITHIN_MS = 6000;

export function publisher({ db, ...ways }: Ways & { db: Database }): Publisher {
  return {
    publish: (rows, withinMs = 1500) => publish(db, ways, rows, withinMs),
    publishLeft: (signal) => publishLeft(db, ways, signal),
  };
}

async function publish(db: Database, ways: Ways, rows: OutboxRow[], withinMs: number): Promise<void> {
  if (rows.length === 0) return;
  const giveUp = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      giveUp.abort(new Error('not published in time'));
      log.warn('left to the relay: not published in time', { outbox_rows: rows.length });
      resolve();
    }, withinMs);
  });
  const published = sendAndMark(db, ways, rows, giveUp.signal).catch((error: unknown) => {
    log.warn('left to the relay: cannot mark what was published', { error });
  });
  await Promise.race([published, tooLate]);
  clearTimeout(timer);
}

async function sendAndMark(db: Database, ways: Ways, rows: OutboxRow[], signal: AbortSignal): Promise<void> {
  const sent = await send(ways, rows, signal);
  warnOfRefused(sent);
  const ids = acceptedIds(sent);
  if (ids.length > 0) await markPublished(db, ids);
}

async function publishLeft(db: Database, ways: Ways, signal?: AbortSignal) {
  const total = { published: 0, refused: 0 };
  let beyond: Place | undefined;
  for (;;) {
    if (signal?.aborted) return total;
    const { sent, last } = await publishBatch(db, ways, beyond, signal);
    warnOfRefused(sent);
    const accepted = acceptedIds(sent).length;
    total.published += accepted;
    total.refused += sent.length - accepted;
    // Refused rows lie behind us now: they neither come again in this run nor keep later ones from being said.
    beyond = last;
    if (!last) return total;
  }
}

const publishBatch = (db: Database, ways: Ways, beyond: Place | undefined, signal?: AbortSignal) =>
  transaction(db, async (tx) => {
    const rows = await lockUnpublished(tx, { limit: BATCH, minAgeMs: LEFT_AFTER_MS, beyond });
    const within = AbortSignal.timeout(BATCH_WITHIN_MS);
    const sent = await send(ways, rows, signal ? AbortSignal.any([signal, within]) : within);
    const ids = acceptedIds(sent);
    if (ids.length > 0) await markPublished(tx, ids);
    return { sent, last: rows.length === BATCH ? rows.at(-1) : undefined };
  });

const acceptedIds = (sent: Sent[]): string[] => sent.flatMap(({ row, refused }) => (refused ? [] : row.id));

function warnOfRefused(sent: Sent[]): void {
  const refused = sent.filter((one) => one.refused);
  if (refused.length === 0) return;
  const reasons = [...new Set(refused.map((one) => one.refused))];
  log.warn('refused, and left to the relay', { outbox_rows: refused.length, reasons, first_id: refused[0]?.row.id });
}
