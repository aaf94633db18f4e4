import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { name } from '../attributes.ts';
import { readRequest, type Headers } from '../carry/request.ts';
import { beginCorrelation, parseCorrelationId } from '../correlation.ts';
import { endEntry, withEntry } from '../entry-span.ts';
import { recordFailure } from '../safe/failure.ts';
import { redact } from '../safe/redact.ts';
import type { Attributes } from '../span.ts';
import { startSpan } from '../tracer.ts';
import type { Edge } from './http-server.ts';
import { describeInvocation, type LambdaContextLike } from './invocation.ts';
import { ROOT } from '../carry/root.ts';

/** A request to a function's URL: what is read of Lambda's payload format 2.0. Header names are in lower case. */
export interface FunctionUrlEventLike {
  rawPath: string;
  headers: Headers;
  requestContext: { domainName: string; http: { method: string; protocol: string } };
}

/** RFC 9110's and PATCH: a name must not be the caller's to choose. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']);

/**
 * Wraps the answering of one request to a function's URL in a SERVER span named by its method, for such a URL has no routes. It
 * belongs to the caller's trace or points at it, as `edge` says; baggage is never taken in, its `x-correlation-id` is. An answer of 5xx makes it
 * ERROR, and so does what `work` throws, which is thrown on.
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
export function traceFunctionUrl<A extends { statusCode: number }>(
  event: FunctionUrlEventLike,
  lambda: LambdaContextLike,
  edge: Edge,
  work: () => Promise<A>,
): Promise<A> {
  const remote = edge === 'ignore' ? ROOT : readRequest(event.headers);
  const parent = edge === 'continue' ? remote : ROOT;
  const linked = edge === 'link' ? trace.getSpanContext(remote) : undefined;
  const { method } = event.requestContext.http;
  const whose = { correlationId: parseCorrelationId(event.headers['x-correlation-id']) };
  const span = startSpan(
    METHODS.has(method) ? method : 'HTTP',
    {
      kind: SpanKind.SERVER,
      attributes: describe(event, lambda),
      links: linked ? [{ context: linked }] : [],
    },
    parent,
    whose,
  );
  const run = async () => {
    try {
      const answer = await work();
      span.setAttribute(name.httpStatus, answer.statusCode);
      if (answer.statusCode >= 500) {
        span.setAttribute(name.errorType, String(answer.statusCode)).setStatus({ code: SpanStatusCode.ERROR });
      }
      return answer;
    } catch (thrown) {
      recordFailure(span, thrown);
      throw thrown;
    } finally {
      endEntry(span);
    }
  };
  return beginCorrelation(whose, () => context.with(withEntry(parent, span), run));
}

function describe({ rawPath, requestContext: { domainName, http } }: FunctionUrlEventLike, lambda: LambdaContextLike) {
  const attributes: Attributes = {
    [name.faasTrigger]: 'http',
    [name.httpMethod]: METHODS.has(http.method) ? http.method : '_OTHER',
    [name.urlPath]: redact(rawPath, 256),
    [name.urlScheme]: 'https',
    [name.serverAddress]: domainName,
    [name.protocolVersion]: http.protocol.replace(/^HTTP\//, ''),
    ...describeInvocation(lambda),
  };
  return attributes;
}
