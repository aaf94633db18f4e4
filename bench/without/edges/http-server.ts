import type * as real from '../../../telemetry/edges/http-server.ts';
import { newCorrelationId, parseCorrelationId, withCorrelation } from '../../../telemetry/correlation.ts';

/** The correlation id is the API's promise, not the trace's: it is made, answered and kept here as well. */
export const traceRequests: typeof real.traceRequests = (app) => {
  app.addHook('onRequest', (request, reply, done) => {
    const id = parseCorrelationId(request.headers['x-correlation-id']) ?? newCorrelationId();
    reply.header('x-correlation-id', id);
    withCorrelation({ correlationId: id }, done);
  });
};

export const requestFailed: typeof real.requestFailed = () => {};

export const requestTraceId: typeof real.requestTraceId = () => undefined;
