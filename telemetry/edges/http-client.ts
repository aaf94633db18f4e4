import { context, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { name } from '../attributes.ts';
import { toTraceContext } from '../carry/trace-context.ts';
import type { Attributes } from '../span.ts';
import { runIn } from '../span.ts';
import { startSpan } from '../tracer.ts';

export interface HttpCall {
  method: string;
  url: URL;
  /** 1 for the first sending of a request; undefined where it is not counted. */
  attempt?: number;
}

/**
 * Makes one HTTP call under its CLIENT span, handing `send` the headers to send beside its own: exactly one
 * `traceparent`, a `tracestate` of at most 512 bytes if there is one, and no baggage, because the other side is not ours.
 * An answer of 400 or more makes the span ERROR but is returned; what `send` throws is thrown on.
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span
 */
export function traceHttpCall<R extends { statusCode: number }>(
  call: HttpCall,
  send: (headers: Record<string, string>) => Promise<R>,
): Promise<R> {
  const span = startSpan(call.method, { kind: SpanKind.CLIENT, attributes: describe(call) });
  return runIn(span, async () => {
    const response = await send(propagated());
    span.setAttribute(name.httpStatus, response.statusCode);
    if (response.statusCode >= 400) {
      span.setAttribute(name.errorType, String(response.statusCode)).setStatus({ code: SpanStatusCode.ERROR });
    }
    return response;
  });
}

function propagated(): Record<string, string> {
  const { traceparent, tracestate } = toTraceContext(context.active()) ?? {};
  return { ...(traceparent && { traceparent }), ...(tracestate && { tracestate }) };
}

function describe({ method, url, attempt = 1 }: HttpCall): Attributes {
  return {
    [name.httpMethod]: method,
    [name.urlFull]: publicUrl(url),
    [name.serverAddress]: url.hostname,
    [name.serverPort]: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    [name.resendCount]: attempt > 1 ? attempt - 1 : undefined,
  };
}

/** Where a URL leads, without who asks: credentials and query are replaced. */
function publicUrl({ protocol, username, password, host, pathname, search }: URL): string {
  const credentials = username || password ? 'REDACTED:REDACTED@' : '';
  return `${protocol}//${credentials}${host}${pathname}${search ? '?REDACTED' : ''}`;
}
