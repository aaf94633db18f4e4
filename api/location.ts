import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** Behind the Lambda door: the event this request was made of (`@fastify/aws-lambda` puts it there). */
    awsLambda?: { event: { requestContext?: { path?: string } } | undefined };
  }
}

/**
 * The path as the caller asked for it. Behind API Gateway the stage or base path is not in the request's own path but
 * in `requestContext.path`: a `Location` built without it leads nowhere.
 */
export const pathAsAsked = (request: FastifyRequest): string =>
  request.awsLambda?.event?.requestContext?.path ?? pathOf(request);

/** The path without its query. */
export const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '/';

/** Where a thing just created below this collection is. Ids need no escaping. */
export const locationBelow = (request: FastifyRequest, id: string): string => `${pathAsAsked(request)}/${id}`;
