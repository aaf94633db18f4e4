import { context, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { name } from '../attributes.ts';
import { writeRequest } from '../carry/request.ts';
import { isTraceHeader } from '../carry/trace-headers.ts';
import { correlationId } from '../correlation.ts';
import { redact } from '../safe/redact.ts';
import { publicUrl } from '../safe/url.ts';
import type { Attributes } from '../span.ts';
import { runIn } from '../span.ts';
import { startSpan } from '../tracer.ts';

const MAX_PATH = 1024;

export interface HttpCall {
  method: string;
  url: URL;
  /** True where the path is itself a secret, as it is of most webhooks: of the URL then only the origin is told, and `/REDACTED`. */
  hidePath?: boolean;
  /** What the caller sends. Headers that say something of a trace, in whatever format and case, are left out: only this call's own go out. */
  headers?: Record<string, string>;
  /** 1 for the first sending of a request; undefined where it is not counted. */
  attempt?: number;
}

/**
 * Makes one HTTP call under its CLIENT span, handing `send` the headers to send: the caller's own, exactly one `traceparent`, a
 * `tracestate` of at most 512 bytes and an `x-correlation-id` if there is one, what else `OTEL_PROPAGATORS` names, and no baggage,
 * because the other side is not ours. With `OTEL_PROPAGATORS=none` no header says anything of a trace.
 * An answer of 400 or more makes the span ERROR but is returned; what `send` throws is thrown on.
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span
 */
export function traceHttpCall<R extends { statusCode: number }>(
  call: HttpCall,
  send: (headers: Record<string, string>) => Promise<R>,
): Promise<R> {
  const span = startSpan(call.method, { kind: SpanKind.CLIENT, attributes: describe(call) });
  return runIn(span, async () => {
    const response = await send(withContext(call.headers));
    span.setAttribute(name.httpStatus, response.statusCode);
    if (response.statusCode >= 400) {
      span.setAttribute(name.errorType, String(response.statusCode)).setStatus({ code: SpanStatusCode.ERROR });
    }
    return response;
  });
}

/** Header names are one whatever their case; two of `traceparent` would begin a new trace at the other side. */
function withContext(headers: Record<string, string> = {}): Record<string, string> {
  const id = correlationId();
  const isReplaced = (header: string) =>
    isTraceHeader(header) || (id !== undefined && header.toLowerCase() === 'x-correlation-id');
  const kept = Object.entries(headers).filter(([header]) => !isReplaced(header));
  return { ...Object.fromEntries(kept), ...writeRequest(context.active()), ...(id && { 'x-correlation-id': id }) };
}

function describe(call: HttpCall): Attributes {
  const { method, url, attempt = 1 } = call;
  return {
    [name.httpMethod]: method,
    [name.urlFull]: shownUrl(call),
    [name.serverAddress]: url.hostname,
    [name.serverPort]: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    [name.resendCount]: attempt > 1 ? attempt - 1 : undefined,
  };
}

/** Hidden, only the origin is told, as if there were neither a path nor credentials nor a query. */
function shownUrl({ url, hidePath }: HttpCall): string {
  if (hidePath) return `${url.protocol}//${url.host}/REDACTED`;
  const pathname = redact(url.pathname, MAX_PATH);
  return publicUrl(pathname === url.pathname ? url : Object.assign(new URL(url), { pathname }));
}
