import { regenerateFile } from '../../events/catalogue.ts';
import type { Say } from '../../outbox/write.ts';
import type { Transaction } from '../../store/database.ts';
import type { OutboxRow } from '../../store/outbox.ts';
import { findPlacement } from '../../store/placements.ts';
import { span } from '../../telemetry/span.ts';
import { notFound, Problem } from '../problems/problem.ts';

/**
 * Asks the file generator to make a placement's file again: a command, straight to its queue.
 * @throws Problem `not-found` or `placement-cancelled`; Unavailable when it cannot be said.
 */
export function regenerate(tx: Transaction, say: Say, id: string): Promise<{ command: OutboxRow; said: OutboxRow[] }> {
  return span('placement.regenerate', { 'placement.id': id }, async () => {
    const placement = await findPlacement(tx, id);
    if (!placement) throw notFound('placement');
    if (placement.cancelledAt) throw new Problem('placement-cancelled', 'A cancelled placement gets no file.');
    const command = await say(tx, regenerateFile, { placement_id: id });
    return { command, said: [command] };
  });
}
