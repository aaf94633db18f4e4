import { randomUUID } from 'node:crypto';
import type { Database } from '../../store/database.ts';
import { insertPlacement, type Placement } from '../../store/placements.ts';
import { transaction } from '../../store/database.ts';
import { insertProduct } from '../../store/products.ts';
import { insertVideo } from '../../store/videos.ts';

/** A video of ten minutes and a product, stored; and a way to place the one in the other. */
export async function storeMaterial(db: Database) {
  const video = await insertVideo(db, { id: randomUUID(), title: 'A day at the lake', durationMs: 600_000 });
  const product = await insertProduct(db, { id: randomUUID(), name: 'Canoe' });
  const place = (startMs: number, endMs: number, more: Partial<Placement> = {}): Promise<Placement> => {
    const placement = { id: randomUUID(), videoId: video.id, productId: product.id, startMs, endMs, ...more };
    return transaction(db, (tx) => insertPlacement(tx, placement));
  };
  return { video, product, place };
}
