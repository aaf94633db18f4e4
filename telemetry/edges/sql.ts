import type { Attributes, Span } from '@opentelemetry/api';
import { context, isSpanContextValid, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { name, own } from '../attributes.ts';
import { formatTraceparent } from '../carry/traceparent.ts';
import { errorType } from '../safe/failure.ts';
import { startSpan } from '../tracer.ts';
import { type PoolWait, tellPoolWait } from './pool-wait.ts';
import { adviceFor } from './sql-advice.ts';
import { olderNames } from './sql-older-names.ts';
import { sqlSettings } from './sql-settings.ts';
import { MAX_TEXT } from './sql-shape.ts';
import { countStatement } from './statement-count.ts';

export interface Server {
  address: string;
  port: number;
  /** Who signs in: told by the older names only. */
  user?: string;
}

/** One statement, as its driver knows it. Parameter values are no part of it, so they cannot get into a span. */
export interface TracedStatement {
  server: Server;
  namespace: string;
  operation: string;
  collection?: string;
  text: string;
  /** It is sent as a named prepared statement, which the server knows by its text: nothing is added to it. */
  prepared?: boolean;
  /** For the first statement of a session. */
  wait?: PoolWait | undefined;
}

interface Answer {
  rows: unknown[];
  /** Of a statement that changes rows. */
  numAffectedRows?: bigint;
}

const SLOW_STATEMENT_CHARACTERS = 500;

/**
 * Sends a statement under a CLIENT span named `SELECT nedlia.videos`. `send` gets the text to send: with a comment that
 * names the span, so that a line of the database's log leads to its trace (https://google.github.io/sqlcommenter/spec/).
 * A named prepared statement gets none: with a text that changes, PostgreSQL would have to plan it anew, and `pg` refuses it.
 * A failure is told by its SQLSTATE only: the messages of PostgreSQL quote values.
 */
export async function traceStatement<A extends Answer>(
  statement: TracedStatement,
  send: (text: string) => Promise<A>,
): Promise<A> {
  const { namespace, operation, collection, text, prepared, wait } = statement;
  const target = collection ? `${operation} ${namespace}.${collection}` : operation;
  countStatement(text);
  const span = startSpan(target, { kind: SpanKind.CLIENT, attributes: attributesOf(statement) });
  if (wait) tellPoolWait(span, wait);
  const began = performance.now();
  const over = (outcome: { rows?: number; code?: string }): void => {
    const duration = performance.now() - began;
    if (duration > sqlSettings.slowMs) tellSlow(span, duration, statement, outcome);
    span.end();
  };
  try {
    const sent = prepared ? text : commented(text, span);
    const answer = await context.with(trace.setSpan(context.active(), span), () => send(sent));
    const [attribute, rows] = rowsOf(answer);
    span.setAttribute(attribute, rows);
    over({ rows });
    return answer;
  } catch (error) {
    const code = errorType(error);
    fail(span, code);
    over({ code });
    throw error;
  }
}

function tellSlow(
  span: Span,
  duration: number,
  { operation, text }: TracedStatement,
  outcome: { rows?: number; code?: string },
): void {
  span.addEvent('slow_query', {
    duration_ms: duration,
    statement: text.slice(0, SLOW_STATEMENT_CHARACTERS),
    ...(outcome.rows !== undefined && { rows: outcome.rows }),
    suggestion: adviceFor({ operation, text, ...outcome }),
  });
}

const attributesOf = (statement: TracedStatement): Attributes =>
  sqlSettings.olderNames ? { ...stableNames(statement), ...olderNames(statement) } : stableNames(statement);

const stableNames = ({ server, namespace, operation, collection, text }: TracedStatement): Attributes => ({
  [name.dbSystem]: 'postgresql',
  [name.dbNamespace]: namespace,
  [name.dbOperation]: operation,
  ...(collection && { [name.dbCollection]: collection }),
  [name.dbQueryText]: text.slice(0, MAX_TEXT),
  [name.serverAddress]: server.address,
  [name.serverPort]: server.port,
});

const rowsOf = ({ rows, numAffectedRows }: Answer): [attribute: string, rows: number] =>
  numAffectedRows === undefined ? [name.dbReturnedRows, rows.length] : [own.affectedRows, Number(numAffectedRows)];

/** A text with a comment of its own stays as it is, as the specification wants it: behind `--` ours would say nothing. */
const commented = (text: string, span: Span): string =>
  isSpanContextValid(span.spanContext()) && !text.includes('/*') && !text.includes('--')
    ? `${text} /*traceparent='${formatTraceparent(span.spanContext())}'*/`
    : text;

function fail(span: Span, code: string): void {
  if (/^[0-9A-Z]{5}$/.test(code)) span.setAttribute(name.dbStatusCode, code);
  span.setAttribute(name.errorType, code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: `the database answered ${code}` });
}
