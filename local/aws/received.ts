import { md5, md5OfAttributes } from './digest.ts';
import { ACCOUNT, REGION } from './account.ts';
import type { Attribute, Received } from './message.ts';

/** A message as `ReceiveMessage` answers it, with the attributes that were asked for by name (`All` or `.*` for every one). */
export function toAnswer(message: Received, wanted: { system: string[]; attributes: string[] }): object {
  const attributes = pick(message.attributes, wanted.attributes);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: pick(systemAttributes(message), wanted.system),
    MessageAttributes: Object.keys(attributes).length > 0 ? attributes : undefined,
    MD5OfMessageAttributes: md5OfAttributes(attributes),
  };
}

/** A message as Lambda hands it to a function. */
export function toRecord(message: Received, queueArn: string): object {
  return {
    messageId: message.id,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, attribute]) => [name, toRecordAttribute(attribute)]),
    ) as object,
    md5OfBody: md5(message.body),
    md5OfMessageAttributes: md5OfAttributes(message.attributes),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: REGION,
  };
}

const toRecordAttribute = ({ StringValue, BinaryValue, DataType }: Attribute) => ({
  stringValue: StringValue,
  binaryValue: BinaryValue,
  stringListValues: [],
  binaryListValues: [],
  dataType: DataType,
});

const systemAttributes = (message: Received): Record<string, string> => ({
  SenderId: ACCOUNT,
  SentTimestamp: String(message.sentAt),
  ApproximateReceiveCount: String(message.receives),
  ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  ...(message.traceHeader !== undefined && { AWSTraceHeader: message.traceHeader }),
  ...(message.movedFrom !== undefined && { DeadLetterQueueSourceArn: message.movedFrom }),
});

function pick<T>(all: Record<string, T>, wanted: string[]): Record<string, T> {
  if (wanted.includes('All') || wanted.includes('.*')) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)));
}
