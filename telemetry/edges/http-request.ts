import type { FastifyRequest } from 'fastify';
import { name } from '../attributes.ts';
import { redact } from '../safe/redact.ts';
import type { Attributes } from '../span.ts';

/** A path may be as long as the caller likes; a span need not be. */
const MAX_PATH = 256;
const HOST = /^[\w.:[\]-]{1,255}$/;

/** `METHOD route-template`, and the method alone where no route matched: a name must not be the caller's to choose. */
export function nameOf(request: FastifyRequest): string {
  const route = routeOf(request);
  return route === undefined ? request.method : `${request.method} ${route}`;
}

/**
 * What a SERVER span says of a request, without what belongs to a person (address, user agent) or may be secret
 * (query, headers).
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
export function describeRequest(request: FastifyRequest, path: string): Attributes {
  const { hostname, port, protocol, method, raw } = request;
  return {
    [name.httpMethod]: method,
    [name.httpRoute]: routeOf(request),
    [name.urlPath]: redact(path, MAX_PATH),
    [name.urlScheme]: protocol,
    [name.protocolVersion]: raw.httpVersion,
    ...(HOST.test(hostname) && {
      [name.serverAddress]: hostname,
      [name.serverPort]: Number.isInteger(port) ? (port ?? undefined) : undefined,
    }),
  };
}

const routeOf = (request: FastifyRequest): string | undefined => (request.is404 ? undefined : request.routeOptions.url);
