import { context, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { name } from '../attributes.ts';
import { writeRequest } from '../carry/request.ts';
import { correlationId } from '../correlation.ts';
import type { Attributes } from '../span.ts';
import { runIn } from '../span.ts';
import { startSpan } from '../tracer.ts';

const MAX_URL = 2048;
const MAX_PARAMETERS = 20;

export interface HttpCall {
  method: string;
  url: URL;
  /** What the caller sends. Of a trace in it (`traceparent`, `baggage`, …, in whatever case) nothing goes out beside this call's own. */
  headers?: Record<string, string>;
  /** 1 for the first sending of a request; undefined where it is not counted. */
  attempt?: number;
}

/**
 * Makes one HTTP call under its CLIENT span, handing `send` the headers to send: the caller's own, exactly one `traceparent`, a
 * `tracestate` of at most 512 bytes and an `x-correlation-id` if there is one, what else `OTEL_PROPAGATORS` names, and no baggage,
 * because the other side is not ours.
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
  const written = { ...writeRequest(context.active()), ...(id && { 'x-correlation-id': id }) };
  const replaced = new Set([...Object.keys(written), 'baggage', ...('traceparent' in written ? ['tracestate'] : [])]);
  const kept = Object.entries(headers).filter(([header]) => !replaced.has(header.toLowerCase()));
  return { ...Object.fromEntries(kept), ...written };
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

/**
 * Where a URL leads, without who asks: credentials, and every parameter's value; its name stays. The conventions name four values to
 * replace (`sig`, `Signature`, `AWSAccessKeyId`, `X-Goog-Signature`), but whoever takes webhooks calls a token what they like.
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/
 */
function publicUrl({ protocol, username, password, host, pathname, search }: URL): string {
  const credentials = username || password ? 'REDACTED:REDACTED@' : '';
  return `${protocol}//${credentials}${host}${pathname}${publicQuery(search)}`.slice(0, MAX_URL);
}

const publicQuery = (search: string): string => {
  if (search === '') return '';
  const pairs = search.slice(1).split('&', MAX_PARAMETERS);
  return `?${pairs.map((pair) => (/^[\w.-]{1,40}(?==)/.exec(pair)?.[0] ?? '') + '=REDACTED').join('&')}`;
};
