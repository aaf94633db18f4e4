import type { MessageAttributeValue, SQSClient } from '@aws-sdk/client-sqs';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSMessageAttribute, SQSRecord } from 'aws-lambda';
import { FAILURE_ATTRIBUTE } from '../telemetry/carry/arrival.ts';
import { MAX_ATTRIBUTES } from '../telemetry/carry/sqs.ts';
import { MAX_MESSAGE_BYTES, messageBytes } from './message-size.ts';

/** Why a message was given up, as it stands on the message in `nedlia.failure`. */
export interface Failure {
  reason: string;
  queue: string;
  messageId: string;
  receives: number;
}

type Attributes = Record<string, MessageAttributeValue>;

/**
 * Moves a message that no retry can mend to its dead-letter queue: body and attributes unchanged, so that a redrive finds
 * the same message on the same trace, and why it was given up beside them if there is room. No span, nothing injected.
 * @throws what the SDK throws; then the message is still in its queue and must be reported as failed.
 */
export async function moveToDeadLetters(
  sqs: SQSClient,
  deadLetterUrl: string,
  record: SQSRecord,
  failure: Failure,
  abortSignal: AbortSignal,
): Promise<void> {
  const header = record.attributes?.AWSTraceHeader;
  const command = new SendMessageCommand({
    QueueUrl: deadLetterUrl,
    MessageBody: record.body,
    MessageAttributes: withFailure(record, failure),
    ...(header && { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: header } } }),
  });
  await sqs.send(command, { abortSignal });
}

/** A message that comes back a second time says why it failed last. */
function withFailure(record: SQSRecord, failure: Failure): Attributes {
  const entries = Object.entries(record.messageAttributes ?? {});
  const attributes = Object.fromEntries(entries.map(([name, attribute]) => [name, toSdk(attribute)]));
  const more = { ...attributes, [FAILURE_ATTRIBUTE]: { DataType: 'String', StringValue: JSON.stringify(failure) } };
  const fits = Object.keys(more).length <= MAX_ATTRIBUTES && messageBytes(record.body, more) <= MAX_MESSAGE_BYTES;
  return fits ? more : attributes;
}

const toSdk = ({ dataType, stringValue, binaryValue }: SQSMessageAttribute): MessageAttributeValue => ({
  DataType: dataType,
  ...(stringValue !== undefined && { StringValue: stringValue }),
  ...(binaryValue !== undefined && { BinaryValue: Buffer.from(binaryValue, 'base64') }),
});
