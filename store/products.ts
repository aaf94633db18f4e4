import type { Reader } from './database.ts';
import { type Page, onPage } from './page.ts';

export interface Product {
  id: string;
  name: string;
  createdAt: Date;
}

const columns = ['id', 'name', 'created_at as createdAt'] as const;

/** @throws Duplicate when the id is taken. */
export function insertProduct(db: Reader, { id, name }: Omit<Product, 'createdAt'>): Promise<Product> {
  return db.insertInto('products').values({ id, name }).returning(columns).executeTakeFirstOrThrow();
}

export function findProduct(db: Reader, id: string): Promise<Product | undefined> {
  return db.selectFrom('products').select(columns).where('id', '=', id).executeTakeFirst();
}

/** Oldest first. */
export function listProducts(db: Reader, page: Page): Promise<Product[]> {
  return db.selectFrom('products').select(columns).$call(onPage(page)).execute();
}
