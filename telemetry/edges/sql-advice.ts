/** What is known of a statement when it is over. */
export interface Outcome {
  operation: string;
  text: string;
  /** That came back, or were changed. */
  rows?: number;
  /** SQLSTATE of a failure. */
  code?: string;
}

const MANY_ROWS = 1000;
const MAX_TEXT = 10_000;
const MAX_COLUMNS = 4;
const LOCK = 'pg_blocking_pids() says who holds it';
// Bounded (PostgreSQL cuts identifiers at 63 bytes) and anchored: without, 10,000 letters cost 0.8 s.
const COMPARED =
  /(?<!\w)"?(\w{1,63})"?\s{0,9}(?:=|<>|!=|<=?|>=?|&&|@>|<@|\b(?:not\s+)?(?:in|like|ilike|between)\b|\bis\s+(?:not\s+)?null\b)/gi;

/**
 * Where to look first when a statement was slow: a sentence derived from what is known here, which is neither its plan
 * nor whom it waited for.
 * @see https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
export function adviceFor({ operation, text, rows = 0, code = '' }: Outcome): string {
  if (code === '55P03' || code === '40P01') return `it waited for a lock and gave up: ${LOCK}`;
  if (/^(?:08|57P)/.test(code)) return 'the session was lost or silent: look at the server and the way to it first';
  if (code === '57014') return `it was cancelled, as statement_timeout does: ${explain(text)}`;
  if (rows >= MANY_ROWS) {
    const fewer = operation === 'SELECT' ? 'read a page at a time, or fewer columns' : 'change fewer at a time';
    return `${rows} rows: ${fewer}`;
  }
  if (operation === 'INSERT') {
    return `an INSERT has little to search: it may have waited for a lock (${LOCK}), a trigger or a foreign key without an index`;
  }
  if (operation === 'SELECT') return explain(text);
  return `${explain(text)}; with a quick plan it waited for a lock (${LOCK})`;
}

function explain(text: string): string {
  const columns = comparedColumns(text);
  const index = columns.length > 0 ? `is there an index on ${columns.join(', ')}?` : 'does it read a whole table?';
  return `EXPLAIN (ANALYZE, BUFFERS) it: ${index}`;
}

/** The columns behind the first WHERE that something is compared with. */
function comparedColumns(text: string): string[] {
  const where = text.slice(0, MAX_TEXT).search(/\bwhere\b/i);
  if (where < 0) return [];
  const behind = text.slice(where + 'where'.length, MAX_TEXT);
  const columns = [...behind.matchAll(COMPARED)].map(([, column = '']) => column);
  return [...new Set(columns)].filter((column) => /^[a-z_]\w*$/i.test(column)).slice(0, MAX_COLUMNS);
}
