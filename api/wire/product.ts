import { type Static, Type } from 'typebox';
import type { Product } from '../../store/products.ts';
import { Id, Moment, Name } from './fields.ts';

const name = Name('What people call it.', 'Sparkling water, 500 ml');

export const NewProduct = Type.Object(
  { id: Type.Optional(Id('Your own id; made by us if not given.')), name },
  { additionalProperties: false },
);

export const ProductAnswer = Type.Object({
  id: Id('What names the product.'),
  name,
  created_at: Moment('When it was created.'),
});

/** A row as its resource. */
export const productAnswer = (product: Product): Static<typeof ProductAnswer> => ({
  id: product.id,
  name: product.name,
  created_at: product.createdAt.toISOString(),
});
