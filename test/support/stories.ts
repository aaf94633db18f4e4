import { randomUUID } from 'node:crypto';
import type { Delivery } from '../../aws/consume.ts';
import type { Said } from '../../events/read.ts';
import type { OutboxRow } from '../../store/outbox.ts';
import { writer } from '../../outbox/write.ts';
import { transaction } from '../../store/database.ts';
import { insertPlacement } from '../../store/placements.ts';
import { insertProduct } from '../../store/products.ts';
import { insertVideo } from '../../store/videos.ts';
import { freshDatabase } from './database.ts';

/** What a consumer hands its story beside the message; sent just now, for the first time. */
export const aDelivery = (about: Partial<Delivery> = {}): Delivery => ({
  messageId: randomUUID(),
  sentAt: new Date(),
  receives: 1,
  signal: new AbortController().signal,
  ...about,
});

/** One that was sent some seconds ago. */
export const sentAgo = (seconds: number): Delivery => aDelivery({ sentAt: new Date(Date.now() - seconds * 1000) });

const data = { placement_id: 'pl-1', video_id: 'vi-1', product_id: 'pr-1', start_time: 12.5, end_time: 20 };

/** `placement.created` for the placement `pl-1`. */
export const created = (about: { id?: string; placementId?: string } = {}): Said => ({
  kind: 'event',
  name: 'placement.created',
  id: about.id ?? randomUUID(),
  occurredAt: '2026-11-20T12:00:00.000Z',
  correlationId: undefined,
  data: { ...data, placement_id: about.placementId ?? data.placement_id },
});

/** `placement.cancelled` for the same. */
export const cancelled = (): Said => ({ ...created(), name: 'placement.cancelled' }) as Said;

/** `placement.regenerate_file` for the same. */
export const regenerate = (id: string = randomUUID()): Said => ({
  kind: 'command',
  name: 'placement.regenerate_file',
  id,
  occurredAt: undefined,
  correlationId: undefined,
  data: { placement_id: data.placement_id },
});

/** A database of its own holding the placement `pl-1`: 12.5 s to 20 s of a video of a minute. */
export async function aPlacement(about: { durationMs?: number } = {}) {
  const { url, db } = await freshDatabase();
  await insertVideo(db, { id: 'vi-1', title: 'A film', durationMs: about.durationMs ?? 60_000 });
  await insertProduct(db, { id: 'pr-1', name: 'A cup' });
  const placement = await transaction(db, (tx) =>
    insertPlacement(tx, { id: 'pl-1', videoId: 'vi-1', productId: 'pr-1', startMs: 12_500, endMs: 20_000 }),
  );
  const published: OutboxRow[] = [];
  return {
    url,
    db,
    placement,
    /** Says into the real outbox; nudges nobody. */
    say: writer(() => Promise.resolve()),
    /** What the story handed over after its commit. */
    published,
    publish: (rows: OutboxRow[]) => {
      published.push(...rows);
      return Promise.resolve();
    },
  };
}
