import type { Reader } from './database.ts';
import { type Page, onPage } from './page.ts';

export interface Video {
  id: string;
  title: string;
  durationMs: number;
  createdAt: Date;
}

const columns = ['id', 'title', 'duration_ms as durationMs', 'created_at as createdAt'] as const;

/** @throws Duplicate when the id is taken. */
export function insertVideo(db: Reader, { id, title, durationMs }: Omit<Video, 'createdAt'>): Promise<Video> {
  const row = { id, title, duration_ms: durationMs };
  return db.insertInto('videos').values(row).returning(columns).executeTakeFirstOrThrow();
}

export function findVideo(db: Reader, id: string): Promise<Video | undefined> {
  return db.selectFrom('videos').select(columns).where('id', '=', id).executeTakeFirst();
}

/** Oldest first. */
export function listVideos(db: Reader, page: Page): Promise<Video[]> {
  return db.selectFrom('videos').select(columns).$call(onPage(page)).execute();
}
