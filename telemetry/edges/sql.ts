import type { Attributes, Span } from '@opentelemetry/api';
import { context, isSpanContextValid, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { name, own } from '../attributes.ts';
import { formatTraceparent } from '../carry/traceparent.ts';
import { errorType } from '../safe/failure.ts';
import { startSpan } from '../tracer.ts';

export interface Server {
  address: string;
  port: number;
}

/** One statement, as its driver knows it. Parameter values are no part of it, so they cannot get into a span. */
export interface TracedStatement {
  server: Server;
  namespace: string;
  operation: string;
  collection?: string;
  text: string;
}

interface Answer {
  rows: unknown[];
  /** Of a statement that changes rows. */
  numAffectedRows?: bigint;
}

/** From here on a statement says on its span that it was slow. */
const SLOW_MS = 100;
const SLOW_STATEMENT_CHARACTERS = 500;

/**
 * Sends a statement under a CLIENT span named `SELECT nedlia.videos`. `send` gets the text to send: with a comment that
 * names the span, so that a line of the database's log leads to its trace (https://google.github.io/sqlcommenter/spec/).
 * A failure is told by its SQLSTATE only: the messages of PostgreSQL quote values.
 */
export async function traceStatement<A extends Answer>(
  statement: TracedStatement,
  send: (text: string) => Promise<A>,
): Promise<A> {
  const { namespace, operation, collection, text } = statement;
  const target = collection ? `${operation} ${namespace}.${collection}` : operation;
  const span = startSpan(target, { kind: SpanKind.CLIENT, attributes: attributesOf(statement) });
  const began = performance.now();
  try {
    const answer = await context.with(trace.setSpan(context.active(), span), () => send(commented(text, span)));
    span.setAttributes(rowsOf(answer));
    return answer;
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    const duration = performance.now() - began;
    if (duration > SLOW_MS) {
      span.addEvent('slow_query', { duration_ms: duration, statement: text.slice(0, SLOW_STATEMENT_CHARACTERS) });
    }
    span.end();
  }
}

const attributesOf = ({ server, namespace, operation, collection, text }: TracedStatement): Attributes => ({
  [name.dbSystem]: 'postgresql',
  [name.dbNamespace]: namespace,
  [name.dbOperation]: operation,
  ...(collection && { [name.dbCollection]: collection }),
  [name.dbQueryText]: text,
  [name.serverAddress]: server.address,
  [name.serverPort]: server.port,
});

const rowsOf = ({ rows, numAffectedRows }: Answer): Attributes =>
  numAffectedRows === undefined
    ? { [name.dbReturnedRows]: rows.length }
    : { [own.affectedRows]: Number(numAffectedRows) };

const commented = (text: string, span: Span): string =>
  isSpanContextValid(span.spanContext()) ? `${text} /*traceparent='${formatTraceparent(span.spanContext())}'*/` : text;

function fail(span: Span, error: unknown): void {
  const code = errorType(error);
  if (/^[0-9A-Z]{5}$/.test(code)) span.setAttribute(name.dbStatusCode, code);
  span.setAttribute(name.errorType, code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: `the database answered ${code}` });
}
