import * as v from 'valibot';
import { id, moment } from './fields.ts';

/** What makes one saying of a fact unique. `id` is a UUIDv7: the idempotency key of every consumer and the `webhook-id`. */
export interface Stamp {
  id: string;
  /** ISO 8601 in UTC, milliseconds: when it happened. */
  occurredAt: string;
  correlationId?: string | undefined;
}

type Entries = v.ObjectEntries;
type Data<E extends Entries> = v.InferOutput<v.ObjectSchema<E, undefined>>;

/** A fact, said on the bus: the same object is schema, constructor, reader and EventBridge rule pattern. */
export interface EventDefinition<Name extends string = string, E extends Entries = Entries> {
  kind: 'event';
  name: Name;
  version: 1;
  /** EventBridge `Source`: the service that says it. */
  source: string;
  /** The bus. */
  destination: string;
  /** The `detail` without its trace context. */
  schema: v.ObjectSchema<Entries & E, undefined>;
  /** The rule that hears exactly this event. */
  pattern: { source: [string]; 'detail-type': [Name] };
  /** The `detail` as it goes onto the bus. */
  create(stamp: Stamp, data: Data<E>): Record<string, unknown>;
}

/** A wish, sent straight to one queue. */
export interface CommandDefinition<Name extends string = string, E extends Entries = Entries> {
  kind: 'command';
  name: Name;
  version: 1;
  /** The queue that hears it. */
  destination: string;
  schema: v.ObjectSchema<Entries & E, undefined>;
  /** The message body as it goes onto the queue. */
  create(stamp: Stamp, data: Data<E>): Record<string, unknown>;
}

/** What a definition's event or command carries beside its stamp. */
export type DataOf<D> = D extends EventDefinition<string, infer E> | CommandDefinition<string, infer E>
  ? Data<E>
  : never;

export function defineEvent<const Name extends string, E extends Entries>(
  name: Name,
  { source, destination }: { source: string; destination: string },
  entries: E,
): EventDefinition<Name, E> {
  return {
    kind: 'event',
    name,
    version: 1,
    source,
    destination,
    schema: v.object({
      event_id: id,
      event_version: v.literal(1),
      occurred_at: moment,
      correlation_id: v.optional(id),
      ...entries,
    }),
    pattern: { source: [source], 'detail-type': [name] },
    create: (stamp, data) => ({
      event_id: stamp.id,
      event_version: 1,
      occurred_at: stamp.occurredAt,
      ...(stamp.correlationId === undefined ? {} : { correlation_id: stamp.correlationId }),
      ...data,
    }),
  };
}

export function defineCommand<const Name extends string, E extends Entries>(
  name: Name,
  destination: string,
  entries: E,
): CommandDefinition<Name, E> {
  return {
    kind: 'command',
    name,
    version: 1,
    destination,
    schema: v.object({
      command: v.literal(name),
      command_version: v.literal(1),
      command_id: id,
      correlation_id: v.optional(id),
      ...entries,
    }),
    create: (stamp, data) => ({
      command: name,
      command_version: 1,
      command_id: stamp.id,
      ...(stamp.correlationId === undefined ? {} : { correlation_id: stamp.correlationId }),
      ...data,
    }),
  };
}
