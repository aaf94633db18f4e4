import { type TSchema, Type } from 'typebox';
import { pageQuery } from '../pages.ts';
import { Id } from './fields.ts';

/** The one path parameter there is. */
export const ById = Type.Object({ id: Id('What names it.') });

/** The headers a POST reads. The key is the caller's: the same key and request never do the work twice within 24 h. */
export const PostHeaders = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      pattern: String.raw`^[\x21-\x7e]{1,255}$`,
      description: 'Makes a retry safe: the first 2xx answer is kept for 24 hours and given again.',
      examples: ['5c0c1b1e-order-4711'],
    }),
  ),
});

/** The body of a POST that takes no fields: it may be left out. */
export const NoFields = Type.Object({}, { additionalProperties: false });

const replayed = {
  'Idempotency-Replayed': { type: 'string', description: '`true` when this is the kept answer of an earlier request.' },
};

const location = { Location: { type: 'string', description: 'Where the resource is.' } };

/** Documents and serialises a success of a POST. */
export const created = (description: string, schema: TSchema) => ({
  description,
  headers: { ...location, ...replayed },
  content: { 'application/json': { schema } },
});

/** Documents and serialises the answer of a GET. */
export const found = (description: string, schema: TSchema) => ({
  description,
  content: { 'application/json': { schema } },
});

export const listOf = (item: TSchema) =>
  Type.Object({
    items: Type.Array(item, { description: 'Oldest first.' }),
    next_cursor: Type.Union([Type.String(), Type.Null()], { description: '`null` on the last page.' }),
  });

/** How any list is asked for. */
export const ListQuery = Type.Object(pageQuery, { additionalProperties: false });
