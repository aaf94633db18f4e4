import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Outcome } from '../aws/batches.ts';
import { type BusEntry, putEvents } from '../aws/bus.ts';
import { sendMessages } from '../aws/queue.ts';
import { events } from '../events/catalogue.ts';
import type { OutboxRow } from '../store/outbox.ts';

/** Where rows can go. */
export interface Ways {
  eventBridge: EventBridgeClient;
  sqs: SQSClient;
  bus: string;
  /** The URL of each queue by its name. */
  queues: Record<string, string>;
}

/** What became of one row. */
export interface Sent {
  row: OutboxRow;
  /** The reason why it was not accepted. */
  refused?: string;
}

/**
 * Sends rows, each to its bus or queue and under the context of its own request. One result per row, read from the
 * service's answer; never throws.
 */
export async function send(ways: Ways, rows: OutboxRow[], signal: AbortSignal): Promise<Sent[]> {
  const commands = rows.filter(({ kind }) => kind === 'command');
  const queues = [...new Set(commands.map(({ destination }) => destination))];
  const to = (queue: string) => commands.filter(({ destination }) => destination === queue);
  const sent = await Promise.all([
    sendEvents(
      ways,
      rows.filter(({ kind }) => kind === 'event'),
      signal,
    ),
    ...queues.map((queue) => sendCommands(ways, queue, to(queue), signal)),
  ]);
  return sent.flat();
}

const sources = new Map<string, string>(events.map(({ name, source }) => [name, source]));

async function sendEvents({ eventBridge, bus }: Ways, rows: OutboxRow[], signal: AbortSignal): Promise<Sent[]> {
  const known: OutboxRow[] = [];
  const entries: BusEntry[] = [];
  for (const row of rows) {
    const source = sources.get(row.name);
    if (!source) continue;
    known.push(row);
    entries.push({
      source,
      name: row.name,
      detail: row.payload,
      context: row.context,
      correlationId: row.correlationId,
    });
  }
  const unknown = rows.filter((row) => !known.includes(row)).map((row) => ({ row, refused: 'UnknownEvent' }));
  return [...unknown, ...results(known, await putEvents(eventBridge, bus, entries, signal))];
}

async function sendCommands(
  { sqs, queues }: Ways,
  name: string,
  rows: OutboxRow[],
  signal: AbortSignal,
): Promise<Sent[]> {
  const url = queues[name];
  if (!url) return rows.map((row) => ({ row, refused: 'UnknownQueue' }));
  const messages = rows.map(({ payload, context, correlationId }) => ({ body: payload, context, correlationId }));
  return results(rows, await sendMessages(sqs, { name, url }, messages, signal));
}

const results = (rows: OutboxRow[], outcomes: Outcome[]): Sent[] =>
  rows.map((row, index) => {
    const outcome = outcomes[index];
    return outcome?.ok ? { row } : { row, refused: outcome?.error ?? 'NoAnswer' };
  });
