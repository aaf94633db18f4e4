import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Tables } from './tables.ts';

/** A row's place in its list: rows are listed oldest first, those of one millisecond by id. */
export interface Place {
  createdAt: Date;
  id: string;
}

/** At most `limit` rows, from the one that follows `after`. */
export interface Page {
  limit: number;
  after?: Place | undefined;
}

type Listed = 'videos' | 'products' | 'placements';

/** True for the rows that come after a place in the order of a list. */
export const after = ({ createdAt, id }: Place): RawBuilder<boolean> => sql`(created_at, id) > (${createdAt}, ${id})`;

/** Cuts one page out of a list, by index: the thousandth page costs what the first does, and rows added meanwhile shift nothing. */
export const onPage =
  (page: Page) =>
  <T extends Listed, O>(list: SelectQueryBuilder<Tables, T, O>): SelectQueryBuilder<Tables, T, O> => {
    const rows = list.orderBy('created_at').orderBy('id').limit(page.limit);
    return page.after ? rows.where(after(page.after)) : rows;
  };
