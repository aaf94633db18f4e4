import type { FastifyRequest } from 'fastify';
import type * as real from '../../../telemetry/edges/http-server.ts';
import { beginCorrelation, newCorrelationId, parseCorrelationId } from '../../../telemetry/correlation.ts';

const ID = Symbol('correlation id of this request');

/** The correlation id is the API's promise, not the trace's: it is made, answered and kept here as well. */
export const traceRequests: typeof real.traceRequests = (app) => {
  app.addHook('onRequest', (request, reply, done) => {
    const id = parseCorrelationId(request.headers['x-correlation-id']) ?? newCorrelationId();
    Object.assign(request, { [ID]: id });
    reply.header('x-correlation-id', id);
    inRequest(request, done);
  });
};

export const inRequest: typeof real.inRequest = (request: FastifyRequest & { [ID]?: string }, work) =>
  beginCorrelation({ correlationId: request[ID] }, work);

export const requestFailed: typeof real.requestFailed = () => {};

export const requestTraceId: typeof real.requestTraceId = () => undefined;
