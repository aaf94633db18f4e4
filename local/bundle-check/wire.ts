import type { Fail } from '../aws/errors.ts';

/** Something a function sent that has a place for a trace context. */
export interface Sent {
  /** What it was, for people: `event placement.created`, `message to nedlia-file-generator`, `webhook`. */
  what: string;
  /** As it stood on the wire. */
  traceparent: string | undefined;
}

/** A call of a function's that is no sending. */
export interface Called {
  /** As its span would be named: `S3.PutObject`. */
  what: string;
}

export interface Wire {
  sent: Sent[];
  called: Called[];
  /** Sees every call to AWS on loopback, and lets it through. */
  tap: Fail;
}

/** Nudges tell the relay to look, whoever sent them: they have no trace to carry. */
const NUDGES = 'nedlia-relay';

/** Notes what crosses the wire to AWS on loopback. */
export function tapWire(): Wire {
  const sent: Sent[] = [];
  const called: Called[] = [];
  const tap: Fail = (service, operation, input) => {
    if (operation === 'PutEvents.Entry') sent.push(eventOf(input as { DetailType?: string; Detail?: string }));
    else if (operation === 'SendMessage') sent.push(...messagesOf(input as Message, [input as Message]));
    else if (operation === 'SendMessageBatch') {
      const batch = input as { QueueUrl?: string; Entries?: Message[] };
      sent.push(...messagesOf(batch, batch.Entries ?? []));
    } else if (service === 's3') called.push({ what: `S3.${operation}` });
    return undefined;
  };
  return { sent, called, tap };
}

function eventOf({ DetailType = '', Detail = '{}' }: { DetailType?: string; Detail?: string }): Sent {
  const { _trace: carried } = JSON.parse(Detail) as { _trace?: { traceparent?: string } };
  return { what: `event ${DetailType}`, traceparent: carried?.traceparent };
}

interface Message {
  QueueUrl?: string;
  MessageAttributes?: Record<string, { StringValue?: string }>;
}

function messagesOf({ QueueUrl = '' }: Message, messages: Message[]): Sent[] {
  const queue = QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
  if (queue === NUDGES) return [];
  return messages.map(({ MessageAttributes }) => ({
    what: `message to ${queue}`,
    traceparent: MessageAttributes?.['traceparent']?.StringValue,
  }));
}
