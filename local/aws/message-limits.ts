import { attributeBytes } from './digest.ts';
import { ServiceError } from './errors.ts';
import type { Attribute } from './message.ts';

interface Sent {
  MessageBody?: string;
  MessageAttributes?: Record<string, Attribute>;
}

export const MIB = 1_048_576;

/** Throws as SendMessage does for a body or attributes that SQS would not take. */
export function checkMessage(message: Sent, maximumBytes: number): void {
  const { MessageBody: body, MessageAttributes: attributes = {} } = message;
  const count = Object.keys(attributes).length;
  if (!body) throw new ServiceError('MissingParameter', 'The request must contain the parameter MessageBody.');
  // The documented set: tab, line feed, carriage return, and from the space on all but surrogates, U+FFFE and U+FFFF.
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(body)) {
    throw new ServiceError('InvalidMessageContents', 'Invalid characters found in the message.');
  }
  if (sizeOf(message) > maximumBytes) {
    throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${maximumBytes} bytes.`);
  }
  if (count > 10) throw invalid(`Number of message attributes [${count}] exceeds the allowed maximum [10].`);
  for (const [name, attribute] of Object.entries(attributes)) {
    const problem = attributeProblem(name, attribute);
    if (problem) throw invalid(`The message attribute '${name}' ${problem}.`);
  }
}

function attributeProblem(name: string, attribute: Attribute): string | undefined {
  if (!/^(?!aws\.|amazon\.)[\w.-]{1,256}$/i.test(name)) return 'has an invalid name';
  if (!/^(String|Number|Binary)(\..+)?$/.test(attribute.DataType)) return 'has an invalid message attribute type';
  if (attributeBytes(attribute).length === 0) return 'must contain a non-empty value';
  return undefined;
}

/** Bytes of body and attributes; system attributes do not count. */
export function sizeOf({ MessageBody = '', MessageAttributes = {} }: Sent): number {
  let bytes = Buffer.byteLength(MessageBody);
  for (const [name, attribute] of Object.entries(MessageAttributes)) {
    bytes += Buffer.byteLength(name + attribute.DataType) + attributeBytes(attribute).length;
  }
  return bytes;
}

/** The number, or throws when it is missing or not in [min, max]. */
export function within(name: string, value: number | undefined, min: number, max: number): number {
  if (value !== undefined && value >= min && value <= max) return value;
  throw invalid(`Value ${value} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}.`);
}

const invalid = (message: string) => new ServiceError('InvalidParameterValue', message);
