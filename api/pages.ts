import { type Static, Type } from 'typebox';
import { isId } from '../core/ids.ts';
import type { Place } from '../store/page.ts';
import { fieldProblem } from './problems/problem.ts';

const DEFAULT_LIMIT = 20;

// Moments that PostgreSQL can compare; a date beyond its range would be an error of ours.
const FIRST_MOMENT = new Date(0);
const LAST_MOMENT = new Date('9999-12-31T00:00:00Z');

/** How a list is asked for: at most `limit` items, from where the last answer's `next_cursor` points. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, description: `How many at most; ${DEFAULT_LIMIT} if not given.` }),
  ),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 256, description: 'The `next_cursor` of the answer before. Opaque.' }),
  ),
};

type PageQuery = Static<ReturnType<typeof Type.Object<typeof pageQuery>>>;

/** Query values are strings; a limit in plain decimal becomes the integer its schema asks for and judges, everything else stays and is refused. */
export function readLimit(query: Record<string, unknown>): void {
  const { limit } = query;
  if (typeof limit === 'string' && /^(?:0|-?[1-9]\d{0,99})$/.test(limit)) query['limit'] = Number(limit);
}

/** Reads one page and says where the next one starts; `find` is asked for one item more than is shown. */
export async function page<Row extends Place, Item>(
  query: PageQuery,
  find: (at: { limit: number; after?: Place }) => Promise<Row[]>,
  show: (row: Row) => Item,
): Promise<{ items: Item[]; next_cursor: string | null }> {
  const limit = query.limit ?? DEFAULT_LIMIT;
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const rows = await find({ limit: limit + 1, ...(after && { after }) });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(show), next_cursor: last ? writeCursor(last) : null };
}

const writeCursor = ({ createdAt, id }: Place): string =>
  Buffer.from(JSON.stringify([createdAt.getTime(), id])).toString('base64url');

/** A cursor that we would not write exactly like this is not ours. */
function readCursor(cursor: string): Place {
  const after = parseCursor(cursor);
  if (after && writeCursor(after) === cursor) return after;
  throw fieldProblem('invalid-request', 'The cursor is not one of ours.', 'cursor', 'unknown-cursor');
}

function parseCursor(cursor: string): Place | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(parsed) || parsed.length !== 2) return undefined;
    const [time, id] = parsed as unknown[];
    if (!Number.isSafeInteger(time) || !isId(id)) return undefined;
    const createdAt = new Date(time as number);
    return createdAt >= FIRST_MOMENT && createdAt <= LAST_MOMENT ? { createdAt, id } : undefined;
  } catch {
    return undefined;
  }
}
