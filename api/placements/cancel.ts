import { placementCancelled } from '../../events/catalogue.ts';
import type { Say } from '../../outbox/write.ts';
import type { Transaction } from '../../store/database.ts';
import type { OutboxRow } from '../../store/outbox.ts';
import { cancelPlacement as cancelRow, findPlacement } from '../../store/placements.ts';
import { span } from '../../telemetry/span.ts';
import { notFound } from '../problems/problem.ts';
import { aboutPlacement } from './create.ts';

/**
 * Cancels a placement, which frees its interval, and says so once: cancelling it again changes and says nothing.
 * @throws Problem `not-found`; Unavailable when it cannot be said.
 */
export function cancelPlacement(tx: Transaction, say: Say, id: string): Promise<{ said: OutboxRow[] }> {
  return span('placement.cancel', { 'placement.id': id }, async () => {
    const cancelled = await cancelRow(tx, id);
    if (cancelled) return { said: [await say(tx, placementCancelled, aboutPlacement(cancelled))] };
    if (await findPlacement(tx, id)) return { said: [] };
    throw notFound('placement');
  });
}
