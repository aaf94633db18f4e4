import type { EventBridgeClient, PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { carryInEntry } from '../telemetry/carry/bus-entry.ts';
import type { TraceContext } from '../telemetry/carry/trace-context.ts';
import { startSend } from '../telemetry/edges/send.ts';
import type { Outcome, Ready } from './batches.ts';
import { sendInBatches } from './batches.ts';

/** One event for the bus. */
export interface BusEntry {
  /** EventBridge `Source`. */
  source: string;
  /** EventBridge `DetailType`. */
  name: string;
  detail: Record<string, unknown>;
  /** What made us say it: the parent of its `send` span. */
  context: TraceContext | undefined;
  /** Whose work it was, beside what the baggage of `context` says. */
  correlationId?: string | undefined;
}

/** Ten entries and 1 MB for one PutEvents (since January 2026); a tenth is kept free for what the service counts otherwise than we do. */
const LIMIT = { entries: 10, bytes: 900_000 };

/** An entry counts 14 bytes for its time. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
const TIME_BYTES = 14;

/**
 * Puts events on a bus, each with its own `send` span and that span's context inside. One outcome per entry, in the same
 * order; never throws: a refused entry, an entry too large and a failed call are outcomes.
 */
export function putEvents(
  client: EventBridgeClient,
  bus: string,
  entries: BusEntry[],
  abortSignal?: AbortSignal,
): Promise<Outcome[]> {
  return sendInBatches(
    entries,
    LIMIT,
    (entry) => prepare(bus, entry),
    async (Entries) => {
      const answer = await client.send(new PutEventsCommand({ Entries }), abortSignal && { abortSignal });
      const parts = (answer.Entries ?? []).map(({ EventId: id, ErrorCode: error }) => ({ id, error }));
      return { parts, requestId: answer.$metadata.requestId };
    },
  );
}

function prepare(
  bus: string,
  { source, name, detail, context, correlationId }: BusEntry,
): Ready<PutEventsRequestEntry> {
  const sent = startSend({ system: 'aws.eventbridge', destination: bus, about: name, context, correlationId });
  const carried = carryInEntry(detail, sent.context);
  const entry = {
    EventBusName: bus,
    Source: source,
    DetailType: name,
    Detail: JSON.stringify(carried.detail),
    ...(carried.traceHeader && { TraceHeader: carried.traceHeader }),
  };
  return { entry, sent, bytes: TIME_BYTES + Buffer.byteLength(Object.values(entry).join('')) };
}
