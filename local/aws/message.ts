import { ServiceError } from './errors.ts';

export interface Attribute {
  DataType: string;
  StringValue?: string;
  /** Base64, as it stands on the wire. */
  BinaryValue?: string;
}

/** A message as it is kept; times are epoch milliseconds. */
export interface Message {
  id: string;
  body: string;
  attributes: Record<string, Attribute>;
  traceHeader: string | undefined;
  /** ARN of the queue whose redrive policy moved it to a dead-letter queue; missing on what was sent there directly. */
  movedFrom?: string | undefined;
  sentAt: number;
  visibleAt: number;
  /** Across all queues: a move to the dead-letter queue does not reset it. */
  receives: number;
  firstReceivedAt?: number;
}

export type NewMessage = Pick<Message, 'body' | 'attributes' | 'traceHeader' | 'movedFrom'> & {
  delayMs?: number | undefined;
};
export type Received = Message & { receipt: string };

/** The handle a receive gives out: it names the receive, so that a later one makes it stale, and it outlives a restart. */
export const toReceipt = (...parts: [queue: string, id: string, receives: number]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

/** Throws `ReceiptHandleIsInvalid` for what is no receipt. */
export function fromReceipt(receipt: string): [queue: string, id: string, receives: number] {
  try {
    const [queue, id, receives] = JSON.parse(Buffer.from(receipt, 'base64url').toString()) as [string, string, number];
    return [queue, id, receives];
  } catch {
    throw invalidReceipt();
  }
}

export const invalidReceipt = () => new ServiceError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
