import type { FastifyInstance, FastifyRequest } from 'fastify';
import { log } from '../telemetry/log.ts';
import { inRequest, requestTraceId } from '../telemetry/edges/http-server.ts';

/** One request that is over: answered, or left by its client (`aborted`, with the status it would have had). */
export interface RequestDone {
  method: string;
  /** The route's pattern (`/v1/videos/:id`), `undefined` where none matched. Never the path itself. */
  route: string | undefined;
  status: number;
  durationMs: number;
  aborted: boolean;
  traceId: string | undefined;
}

/** Tells of every request when it is over, in that request's context. No path, query, header or body is in it. */
export function tellRequests(app: FastifyInstance, quiet: string, tell: (done: RequestDone) => void = logLine): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.url?.startsWith(quiet)) return done();
    const started = performance.now();
    let answered = false;
    reply.raw.once('finish', () => (answered = true));
    // Comes after `finish`, behind either door, and alone when the client went away: then `onResponse` never does.
    const over = () =>
      tell(about(request, reply.raw.statusCode, { durationMs: performance.now() - started, answered }));
    reply.raw.once('close', () => inRequest(request, over));
    done();
  });
}

const about = (
  request: FastifyRequest,
  status: number,
  { durationMs, answered }: { durationMs: number; answered: boolean },
): RequestDone => ({
  method: request.method,
  route: request.routeOptions.url,
  status,
  durationMs: Math.round(durationMs * 10) / 10,
  aborted: !answered,
  traceId: requestTraceId(request),
});

const logLine = ({ method, route, status, durationMs, aborted }: RequestDone): void =>
  log.info('request', { method, route, status, duration_ms: durationMs, ...(aborted && { aborted }) });
