import type { MessageAttributeValue } from '@aws-sdk/client-sqs';

/** 1 MiB, for one message and for a batch of them (since August 2025): body and attributes with their names and types. */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** What SQS counts of a message. System attributes do not count. */
export function messageBytes(body: string, attributes: Record<string, MessageAttributeValue>): number {
  const sizes = Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => {
    const value = BinaryValue?.byteLength ?? Buffer.byteLength(StringValue ?? '');
    return Buffer.byteLength(name) + Buffer.byteLength(DataType ?? '') + value;
  });
  return sizes.reduce((sum, size) => sum + size, Buffer.byteLength(body));
}
