import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Transaction, transaction } from '../store/database.ts';
import { findAnswer, insertAnswer, tryLockKey } from '../store/idempotency.ts';
import type { OutboxRow } from '../store/outbox.ts';
import type { Deps } from './connect.ts';
import { Problem } from './problems/problem.ts';

/** A 2xx answer, small enough to be kept. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: object;
}

/** What the work came to: the answer, and what it said on the way. */
export interface Work {
  answer: Answer;
  said: OutboxRow[];
}

/**
 * Answers a POST: the work in one transaction, what it said published after the commit and before the answer. With an
 * `Idempotency-Key` the answer is kept in that same transaction and given again for 24 h, marked `Idempotency-Replayed`;
 * work that failed leaves nothing behind, so its key may be used again.
 * @throws Problem `request-in-flight` or `idempotency-key-reused`, and whatever the work throws.
 */
export async function answerOnce(
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (tx: Transaction) => Promise<Work>,
): Promise<FastifyReply> {
  const key = request.headers['idempotency-key'];
  const { answer, said, replayed } = await transaction(db, (tx) =>
    typeof key === 'string' ? keptOrDone(tx, request, key, work) : done(tx, work),
  );
  await publish(said);
  if (replayed) reply.header('idempotency-replayed', 'true');
  return reply.code(answer.status).headers(answer.headers).send(answer.body);
}

const done = async (tx: Transaction, work: (tx: Transaction) => Promise<Work>) => ({
  ...(await work(tx)),
  replayed: false,
});

/** The lock lives as long as the transaction, so it also covers a first request that is still working. */
async function keptOrDone(
  tx: Transaction,
  request: FastifyRequest,
  idempotencyKey: string,
  work: (tx: Transaction) => Promise<Work>,
): Promise<Work & { replayed: boolean }> {
  const key = `${request.method} ${request.routeOptions.url} ${idempotencyKey}`;
  const requestHash = hash(request);
  if (!(await tryLockKey(tx, key))) {
    const about = { headers: { 'retry-after': '1' } };
    throw new Problem('request-in-flight', 'The first request with this key has not been answered yet.', about);
  }
  const kept = await findAnswer(tx, key);
  if (kept && kept.requestHash !== requestHash) {
    throw new Problem('idempotency-key-reused', 'This key was used for a request with other contents.');
  }
  if (kept) return { answer: { ...kept, body: JSON.parse(kept.body) as object }, said: [], replayed: true };
  const result = await done(tx, work);
  const { status, headers, body } = result.answer;
  await insertAnswer(tx, { key, requestHash, status, headers, body: JSON.stringify(body) });
  return result;
}

/** Two requests are the same when their parameters and fields are, in whatever order they were written. Bodies are flat. */
function hash({ params, body }: FastifyRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([sorted(params), sorted(body)]))
    .digest('hex');
}

const sorted = (fields: unknown) => Object.entries(fields ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
