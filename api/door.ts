import type { FastifyInstance, FastifyRequest } from 'fastify';
import { pathOf } from './location.ts';
import { Problem } from './problems/problem.ts';

const METHODS = ['GET', 'POST', 'DELETE'];

/**
 * Makes a path that cannot be decoded (`%zz`, `%ff`) one that can, so that it passes through the same hooks as every
 * other request, with its span and its answer. Without this, Fastify answers before any hook runs. `refuseAtTheDoor` then refuses it.
 */
export function decodable(url: string): string {
  const end = url.search(/[?#]/);
  const path = end < 0 ? url : url.slice(0, end);
  try {
    decodeURIComponent(path);
    return url;
  } catch {
    return path.replaceAll('%', '%25') + url.slice(path.length);
  }
}

/** A `Host` header that names this machine to itself. */
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/**
 * Refuses what no route should see, before a byte of the body is read. With `onlyLoopback` that is every Host of elsewhere: a page in
 * a browser may have its own name resolve to 127.0.0.1 and read what answers there (DNS rebinding), but it cannot choose the header.
 */
export function refuseAtTheDoor(app: FastifyInstance, { onlyLoopback = false } = {}): void {
  app.addHook('onRequest', async (request) => {
    if (request.originalUrl !== request.url) {
      throw new Problem('malformed-url', 'The path is not valid percent-encoding.');
    }
    // RFC 9112 section 3.2. Node would answer this itself, without a problem.
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      throw new Problem('invalid-request', 'The Host header is missing.');
    }
    if (onlyLoopback && !LOOPBACK_HOST.test(request.headers.host ?? 'localhost')) {
      throw new Problem('misdirected-request', 'Only loopback hosts are served: localhost, 127.0.0.1 and [::1].');
    }
    if (request.is404) throw nothingHere(app, request);
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      throw new Problem('unsupported-media-type', 'Send the body without a Content-Encoding.');
    }
  });
  app.setNotFoundHandler((request) => {
    throw nothingHere(app, request);
  });
}

/** 405 where another method has a route (RFC 9110 section 15.5.6 wants them in `Allow`), 404 elsewhere. */
function nothingHere(app: FastifyInstance, request: FastifyRequest): Problem {
  const allowed = METHODS.filter((method) => app.findRoute({ method, url: pathOf(request) }) !== null);
  // A route that found nothing (a file of the reference page) has no other method to offer.
  return allowed.length === 0 || allowed.includes(request.method)
    ? new Problem('not-found', 'No resource has this path.')
    : new Problem('method-not-allowed', 'This path does not offer the method.', {
        headers: { allow: allowed.join(', ') },
      });
}
