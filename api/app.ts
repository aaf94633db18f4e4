import Fastify, { type FastifyInstance } from 'fastify';
import { type Edge, traceRequests } from '../telemetry/edges/http-server.ts';
import { answerProblems } from './problems/answer.ts';
import { readJsonOnly } from './body.ts';
import { answerClientError, rememberRequests } from './problems/client-error.ts';
import type { Deps } from './connect.ts';
import { answerWithin } from './deadline.ts';
import { decodable, refuseAtTheDoor } from './door.ts';
import { describe } from './openapi.ts';
import { type RequestDone, tellRequests } from './request-log.ts';
import { HEALTH, health } from './routes/health.ts';
import { placements } from './routes/v1/placements.ts';
import { products } from './routes/v1/products.ts';
import { videos } from './routes/v1/videos.ts';
import { ProblemSchema } from './problems/schema.ts';

export interface AppOptions {
  /** What a caller's trace headers are worth. */
  edge: Edge;
  /** Refuses requests whose Host is not this machine's loopback. */
  onlyLoopback?: boolean | undefined;
  /** How long the work of one request may take, 19 s if not given: an answer must be there within 20 s. */
  answerWithinMs?: number | undefined;
  /** Hears of every request when it is over, instead of the log. */
  onRequestDone?: ((done: RequestDone) => void) | undefined;
}

/** Builds the API: one app for both doors, complete, listening to nothing. Close it with `app.close()`. */
export async function buildApp(
  deps: Deps,
  { edge, onlyLoopback, answerWithinMs = 19_000, onRequestDone }: AppOptions,
): Promise<FastifyInstance> {
  const app = Fastify({
    // Nothing is corrected in silence: what does not fit is refused, with every reason at once.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: true } },
    routerOptions: { maxParamLength: 16 * 1024 },
    rewriteUrl: ({ url = '/' }) => decodable(url),
    exposeHeadRoutes: false,
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    // A request has 10 s to arrive, its headers 5 s: a client that trickles bytes holds no connection.
    requestTimeout: 10_000,
    keepAliveTimeout: 5000,
    http: { headersTimeout: 5000, connectionsCheckingInterval: 1000, requireHostHeader: false },
  });

  traceRequests(app, { edge, untraced: [HEALTH] });
  rememberRequests(app);
  tellRequests(app, HEALTH, onRequestDone);
  answerProblems(app);
  answerWithin(app, answerWithinMs);
  refuseAtTheDoor(app, { onlyLoopback });
  readJsonOnly(app);

  app.addSchema(ProblemSchema);
  await describe(app);
  await app.register(health(deps));
  await app.register(videos(deps));
  await app.register(products(deps));
  await app.register(placements(deps));
  return app;
}
