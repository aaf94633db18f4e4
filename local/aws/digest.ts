import { createHash } from 'node:crypto';
import type { Attribute } from './message.ts';

export const md5 = (content: string | Uint8Array): string => createHash('md5').update(content).digest('hex');

/** The value's bytes, which count towards the size of a message. */
export const attributeBytes = ({ StringValue, BinaryValue }: Attribute): Buffer =>
  BinaryValue === undefined ? Buffer.from(StringValue ?? '') : Buffer.from(BinaryValue, 'base64');

/**
 * `MD5OfMessageAttributes`: by name, each of name, type and value as a four-byte length and its bytes, a byte between type and value
 * telling strings (1) from binaries (2). `undefined` without attributes. The SDK compares it with its own.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
export function md5OfAttributes(attributes: Record<string, Attribute>): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const update = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const attribute = attributes[name]!;
    update(Buffer.from(name));
    update(Buffer.from(attribute.DataType));
    hash.update(Buffer.of(attribute.BinaryValue === undefined ? 1 : 2));
    update(attributeBytes(attribute));
  }
  return hash.digest('hex');
}
