import type { Delivery } from '../../aws/consume.ts';
import { missingPlacement } from '../../core/missing-placement.ts';
import { Permanent } from '../../core/permanent.ts';
import { fits, type Interval } from '../../core/placement.ts';
import { placementRejected, placementValidated, service } from '../../events/catalogue.ts';
import type { Said } from '../../events/read.ts';
import type { Publisher } from '../../outbox/publish.ts';
import type { Say } from '../../outbox/write.ts';
import { transaction, type Database } from '../../store/database.ts';
import { firstTime } from '../../store/inbox.ts';
import { findPlacement } from '../../store/placements.ts';
import { findProduct, type Product } from '../../store/products.ts';
import { insertValidation } from '../../store/validations.ts';
import { findVideo, type Video } from '../../store/videos.ts';
import { annotate, span } from '../../telemetry/span.ts';

/** What the story is handed. */
export interface Validates {
  db: Database;
  say: Say;
  publish: Publisher['publish'];
}

/** A placement was made: judge it and say the verdict. A rejection is an event like any other, not a failure. */
export const validate =
  ({ db, say, publish }: Validates) =>
  async (said: Said, { sentAt }: Delivery): Promise<void> => {
    if (said.name !== 'placement.created') {
      throw new Permanent('unexpected-message', `${said.name} is nothing for ${service.validator}`);
    }
    const placementId = said.data.placement_id;

    const rows = await span('validator.validate', { 'placement.id': placementId }, async () => {
      // 1. Read. A cancelled placement needs no verdict: that is success.
      const placement = await findPlacement(db, placementId);
      if (!placement) throw missingPlacement(Date.now() - sentAt.getTime());
      if (placement.cancelledAt) {
        annotate({ 'placement.cancelled': true });
        return [];
      }
      const video = await findVideo(db, placement.videoId);
      const product = await findProduct(db, placement.productId);

      // 2. Judge.
      const reasons = objections(placement, video, product);
      const verdict = reasons.length === 0 ? 'valid' : 'rejected';
      annotate({ 'validation.verdict': verdict, 'validation.reasons': reasons });

      // 3. Note and say it, all or nothing, and only for the first delivery of this message.
      return transaction(db, async (tx) => {
        if (!(await firstTime(tx, service.validator, said.id))) return [];
        await insertValidation(tx, { causedBy: said.id, placementId, verdict, reasons });
        const definition = verdict === 'valid' ? placementValidated : placementRejected;
        return [await say(tx, definition, { placement_id: placementId, caused_by: said.id, reasons })];
      });
    });
    await publish(rows);
  };

/** What speaks against a placement, as kebab-case codes; none means valid. */
export function objections(placement: Interval, video: Video | undefined, product: Product | undefined): string[] {
  const reasons: string[] = [];
  if (!video) reasons.push('video-missing');
  if (!product) reasons.push('product-missing');
  if (video && !fits(placement, video.durationMs)) reasons.push('outside-video');
  return reasons;
}
