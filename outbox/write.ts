import { v7 as uuid } from 'uuid';
import type { CommandDefinition, DataOf, EventDefinition } from '../events/definition.ts';
import type { Transaction } from '../store/database.ts';
import { insertOutbox, type OutboxRow } from '../store/outbox.ts';
import { correlationId } from '../telemetry/correlation.ts';
import { entryContext } from '../telemetry/entry-span.ts';

/**
 * Says something within the transaction that makes it true: both commit, or neither. The row goes to a publisher after
 * the commit.
 * @throws Unavailable when nobody could be woken to publish it should this process die: the transaction must not commit.
 */
export type Say = <D extends EventDefinition | CommandDefinition>(
  tx: Transaction,
  definition: D,
  data: DataOf<D>,
) => Promise<OutboxRow>;

/** Makes the one way anything is said; `nudge` is a `nudger`'s. */
export function writer(nudge: () => Promise<void>): Say {
  return async (tx, definition, data) => {
    const id = uuid();
    const said = correlationId();
    const payload = definition.create({ id, occurredAt: new Date().toISOString(), correlationId: said }, data);
    const row = await insertOutbox(tx, {
      id,
      kind: definition.kind,
      name: definition.name,
      destination: definition.destination,
      payload,
      context: entryContext(),
      correlationId: said,
    });
    await nudge();
    return row;
  };
}
