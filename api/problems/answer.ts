import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ID_PATTERN } from '../../core/ids.ts';
import { requestFailed, requestTraceId } from '../../telemetry/edges/http-server.ts';
import { log } from '../../telemetry/log.ts';
import { pathOf } from '../location.ts';
import { problemOf } from './of-error.ts';
import type { Problem } from './problem.ts';

/** Whatever a hook, a route or Fastify itself throws is answered as problem+json; what nobody foresaw is logged with its cause. */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      logProblem(problem, request);
      requestFailed(request, error);
    }
    return sendProblem(reply, request, problem);
  });
}

function sendProblem(reply: FastifyReply, request: FastifyRequest, problem: Problem): FastifyReply {
  const body = JSON.stringify(problem.toWire({ instance: instance(request), traceId: requestTraceId(request) }));
  // As bytes, because Fastify adds a charset to text; this media type has no parameters.
  return reply
    .code(problem.status)
    .headers({ ...problem.headers, 'content-type': 'application/problem+json' })
    .send(Buffer.from(body));
}

function logProblem(problem: Problem, request: FastifyRequest): void {
  const fields = { code: problem.code, route: request.routeOptions.url, error: problem.cause };
  // A time-out runs outside of the request's context; the line must carry its trace all the same.
  const traceId = requestTraceId(request);
  const trace = traceId === undefined ? {} : { trace_id: traceId };
  if (problem.code === 'internal-error') log.error('request failed', { ...trace, ...fields });
  else log.warn('request could not be served', { ...trace, ...fields });
}

/** The path, unless a part of it was refused or might be: then the route's pattern, which repeats nothing. */
function instance(request: FastifyRequest): string {
  const path = pathOf(request);
  const segments = path.slice(1).split('/');
  const harmless = segments.length <= 5 && segments.every((segment) => ID_PATTERN.test(segment));
  return harmless ? path : (request.routeOptions.url ?? '/');
}
