import type { Context, Span } from '@opentelemetry/api';
import { context, isSpanContextValid, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { name } from '../attributes.ts';
import { readRequest } from '../carry/request.ts';
import { formatTraceparent } from '../carry/traceparent.ts';
import type { Correlation } from '../correlation.ts';
import { beginCorrelation, newCorrelationId, parseCorrelationId } from '../correlation.ts';
import { endEntry, withEntry } from '../entry-span.ts';
import { recordFailure } from '../safe/failure.ts';
import { startSpan } from '../tracer.ts';
import { describeRequest, nameOf } from './http-request.ts';
import { describeActiveInvocation } from './invocation.ts';
import { recordRequestBody } from './request-body.ts';
import { ROOT } from '../carry/root.ts';

/** What a caller's trace is worth: `continue` makes it ours, `link` begins our own and points at it, `ignore` forgets it. */
export type Edge = 'continue' | 'link' | 'ignore';

export interface RequestOptions {
  edge: Edge;
  /** Paths, with all below them, that get neither span nor headers. */
  untraced?: string[];
}

interface Traced {
  span: Span;
  ended: boolean;
  entry: Context;
  correlation: Correlation;
  thrown?: unknown;
}

/** On the request itself: a WeakMap costs the collector of garbage 1.2 µs a request, and finding an entry in it another 0.5. */
const TRACED = Symbol('telemetry of this request');
const tracedOf = (request: FastifyRequest & { [TRACED]?: Traced }): Traced | undefined => request[TRACED];

/**
 * Gives every request its SERVER span, active and the entry for all that answers it, body parsing included, and its
 * correlation id. Every answer says where to look: `Server-Timing: trace;desc=00-<trace>-<span>-<flags>` and
 * `x-correlation-id`. To be called on the root instance before any other hook.
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
export function traceRequests(app: FastifyInstance, options: RequestOptions): void {
  // The `done` style, because what runs inside of `context.with` keeps the context: an async hook would return out of it.
  app.addHook('onRequest', (request, reply, done) => {
    begin(request, reply, options);
    inRequest(request, done);
  });
  // Parsed by now, and not yet judged: what is refused is worth seeing too.
  app.addHook('preValidation', (request, _reply, done) => {
    const known = tracedOf(request);
    if (known) recordRequestBody(known.span, request);
    done();
  });
}

/** Runs work in a request's context, for code that runs outside of it: listeners of its socket. */
export function inRequest<T>(request: FastifyRequest, work: () => T): T {
  const known = tracedOf(request);
  return known ? beginCorrelation(known.correlation, () => context.with(known.entry, work)) : work();
}

/** Tells what the handler threw: it is put on the request's span when the answer is a 5xx. Below that it is the client's failure, not ours. */
export function requestFailed(request: FastifyRequest, thrown: unknown): void {
  const known = tracedOf(request);
  if (known) known.thrown = thrown;
}

/** The trace a request belongs to, for code that runs outside of its context: error handlers, hooks after the answer. */
export function requestTraceId(request: FastifyRequest): string | undefined {
  const spanContext = tracedOf(request)?.span.spanContext();
  return spanContext && isSpanContextValid(spanContext) ? spanContext.traceId : undefined;
}

function begin(request: FastifyRequest, reply: FastifyReply, { edge, untraced = [] }: RequestOptions): void {
  try {
    const path = request.url.split('?', 1)[0] ?? '';
    if (untraced.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))) return;
    const remote = edge === 'ignore' ? ROOT : readRequest(request.headers);
    const linked = edge === 'link' ? trace.getSpanContext(remote) : undefined;
    const options = {
      kind: SpanKind.SERVER,
      attributes: Object.assign(describeRequest(request, path), describeActiveInvocation()),
      links: linked ? [{ context: linked }] : [],
    };
    const correlationId = parseCorrelationId(request.headers['x-correlation-id']) ?? newCorrelationId();
    const correlation = { correlationId };
    const parent = edge === 'continue' ? remote : ROOT;
    const span = startSpan(nameOf(request), options, parent, correlation);
    const begun: Traced = { span, ended: false, entry: withEntry(ROOT, span), correlation };
    Object.assign(request, { [TRACED]: begun });
    reply.header('x-correlation-id', correlationId);
    announce(reply, span);
    // After an aborted request only `close` comes. Not asked of `writableFinished`: behind Lambda's adapter there is no socket, and
    // it still says no when the whole answer has been handed over.
    reply.raw.once('finish', () => end(request, reply, { aborted: false }));
    reply.raw.once('close', () => end(request, reply, { aborted: true }));
  } catch {
    // A request without a span is answered like any other.
  }
}

/** With telemetry disabled the span is the caller's own, and nothing of ours is to be found under it. */
function announce(reply: FastifyReply, span: Span): void {
  const spanContext = span.spanContext();
  if (!isSpanContextValid(spanContext) || spanContext.isRemote) return;
  reply.header('server-timing', `trace;desc=${formatTraceparent(spanContext)}`);
}

function end(request: FastifyRequest, { raw }: FastifyReply, { aborted }: { aborted: boolean }): void {
  const known = tracedOf(request);
  if (!known || known.ended) return;
  known.ended = true;
  const { span, thrown } = known;
  const { statusCode, headersSent } = raw;
  if (headersSent) span.setAttribute(name.httpStatus, statusCode);
  if (aborted) fail(span, 'client_aborted');
  else if (statusCode >= 500 && thrown !== undefined) recordFailure(span, thrown);
  else if (statusCode >= 500) fail(span, String(statusCode));
  endEntry(span);
}

const fail = (span: Span, type: string): void => {
  span.setAttribute(name.errorType, type).setStatus({ code: SpanStatusCode.ERROR });
};
