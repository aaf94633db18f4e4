import type { FastifyInstance } from 'fastify';
import { unavailable } from './problems/of-error.ts';

/**
 * Answers 503 for a request whose work has not ended in time; the work itself goes on, bounded by its own time-outs, and
 * may still succeed: an `Idempotency-Key` makes the next try safe. Fastify's `handlerTimeout` is no help: it stops its
 * clock when the request's stream closes, which it does as soon as a body has been read (5.12.8, Node.js 24).
 */
export function answerWithin(app: FastifyInstance, milliseconds: number): void {
  app.addHook('onRequest', (_request, reply, done) => {
    const late = setTimeout(() => {
      if (!reply.sent) void reply.send(unavailable('The request took too long; it may still be carried out.', 5));
    }, milliseconds);
    reply.raw.once('close', () => clearTimeout(late));
    done();
  });
}
