import type { Delivery } from '../../aws/consume.ts';
import { missingPlacement } from '../../core/missing-placement.ts';
import { Permanent } from '../../core/permanent.ts';
import { placementFileGenerated, service } from '../../events/catalogue.ts';
import type { Said } from '../../events/read.ts';
import type { Publisher } from '../../outbox/publish.ts';
import type { Say } from '../../outbox/write.ts';
import { transaction, type Database } from '../../store/database.ts';
import { insertFile } from '../../store/files.ts';
import { firstTime } from '../../store/inbox.ts';
import { findPlacement } from '../../store/placements.ts';
import { findProduct } from '../../store/products.ts';
import { annotate, span } from '../../telemetry/span.ts';
import { render, type RenderedFile } from './render.ts';

/** What the story is handed. */
export interface Generates {
  db: Database;
  bucket: string;
  /** Stores the content under the key; a key that is there already has this content. */
  upload: (file: RenderedFile, signal: AbortSignal) => Promise<unknown>;
  say: Say;
  publish: Publisher['publish'];
}

/** A placement was made, or its file is wanted again: render the file, store it, say so. */
export const generate =
  ({ db, bucket, upload, say, publish }: Generates) =>
  async (said: Said, { sentAt, signal }: Delivery): Promise<void> => {
    if (said.name !== 'placement.created' && said.name !== 'placement.regenerate_file') {
      throw new Permanent('unexpected-message', `${said.name} is nothing for ${service.fileGenerator}`);
    }
    const placementId = said.data.placement_id;

    // 1. Read and render. A cancelled placement needs no file: that is success.
    const file = await span('file_generator.generate', { 'placement.id': placementId }, async () => {
      const placement = await findPlacement(db, placementId);
      if (!placement) throw missingPlacement(Date.now() - sentAt.getTime());
      if (placement.cancelledAt) {
        annotate({ 'placement.cancelled': true });
        return undefined;
      }
      const product = await findProduct(db, placement.productId);
      if (!product) throw new Permanent('product-missing', 'the placement names a product that does not exist');
      return span('render_template', () => render(placement, product));
    });
    if (!file) return;

    // 2. Store it. The key is the content's own name, so doing it twice leaves one version.
    await span('file_generator.upload_s3', () => upload(file, signal));

    // 3. Note and say it, all or nothing, and only for the first delivery of this message.
    const { key, sha256 } = file;
    const rows = await transaction(db, async (tx) => {
      if (!(await firstTime(tx, service.fileGenerator, said.id))) return [];
      await insertFile(tx, { causedBy: said.id, placementId, bucket, key, sha256 });
      const data = { placement_id: placementId, caused_by: said.id, bucket, key, sha256 };
      return [await say(tx, placementFileGenerated, data)];
    });
    await publish(rows);
  };
