import { v7 as newId } from 'uuid';
import type { Interval } from '../../core/placement.ts';
import { wireFields } from '../../core/placement.ts';
import { placementCreated } from '../../events/catalogue.ts';
import type { Say } from '../../outbox/write.ts';
import type { Transaction } from '../../store/database.ts';
import type { OutboxRow } from '../../store/outbox.ts';
import { findOverlap, insertPlacement, lockVideo, type Placement } from '../../store/placements.ts';
import { findProduct } from '../../store/products.ts';
import { findVideo } from '../../store/videos.ts';
import { correlationId } from '../../telemetry/correlation.ts';
import { span } from '../../telemetry/span.ts';
import { overlap } from '../problems/of-error.ts';
import { fieldProblem } from '../problems/problem.ts';

export interface Wanted extends Interval {
  videoId: string;
  productId: string;
}

/**
 * Creates a placement and says so, in the caller's transaction.
 * @throws Problem `unknown-video`, `unknown-product` or `placement-overlap`; Unavailable when it cannot be said.
 */
export function createPlacement(
  tx: Transaction,
  say: Say,
  wanted: Wanted,
): Promise<{ placement: Placement; said: OutboxRow[] }> {
  const id = newId();
  const attributes = {
    'placement.id': id,
    'placement.video_id': wanted.videoId,
    'placement.product_id': wanted.productId,
  };
  return span('placement.create', attributes, async () => {
    await span('placement.validate_video', () => videoExists(tx, wanted.videoId));
    await productExists(tx, wanted.productId);
    await span('placement.check_overlaps', () => intervalIsFree(tx, wanted));
    const placement = await insertPlacement(tx, { id, ...wanted, correlationId: correlationId() });
    const row = await say(tx, placementCreated, aboutPlacement(placement));
    return { placement, said: [row] };
  });
}

async function videoExists(tx: Transaction, id: string): Promise<void> {
  if (!(await findVideo(tx, id))) throw fieldProblem('unknown-video', 'No video has this id.', 'video_id', 'unknown');
}

async function productExists(tx: Transaction, id: string): Promise<void> {
  if (await findProduct(tx, id)) return;
  throw fieldProblem('unknown-product', 'No product has this id.', 'product_id', 'unknown');
}

/** Writers of one video queue here; the table's constraint alone would let two of them deadlock for a second. */
async function intervalIsFree(tx: Transaction, { videoId, ...interval }: Wanted): Promise<void> {
  await lockVideo(tx, videoId);
  if (await findOverlap(tx, videoId, interval)) throw overlap();
}

/** What events repeat about a placement. */
export const aboutPlacement = (placement: Placement) => ({ placement_id: placement.id, ...wireFields(placement) });
