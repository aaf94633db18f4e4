import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** What EventBridge writes beside an event it could not deliver; not for the consumer. */
const DIAGNOSIS = new Set([
  'RULE_ARN',
  'TARGET_ARN',
  'ERROR_CODE',
  'ERROR_MESSAGE',
  'EXHAUSTED_RETRY_CONDITION',
  'RETRY_ATTEMPTS',
]);

/**
 * Puts each event a rule could not deliver into the queue it was for. By hand, because SQS moves only out of a queue that is
 * the dead-letter queue of another, and each event names its own target. Sent before it is deleted: a duplicate is harmless.
 * @returns how many were put back, and the reasons of those that stay.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export async function* deliverAgain(
  sqs: SQSClient,
  url: string,
): AsyncGenerator<{ moved: number; stayed: { messageId: string; reason: string }[] }> {
  const targets = new Map<string, Promise<string>>();
  const stayed: { messageId: string; reason: string }[] = [];
  let moved = 0;
  for (;;) {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['AWSTraceHeader'],
        VisibilityTimeout: 120, // what stays is not seen again in this run
        WaitTimeSeconds: 1,
      }),
    );
    if (messages.length === 0) return;
    for (const message of messages) {
      try {
        await deliver(sqs, message, targets);
        await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle }));
        moved += 1;
      } catch (error) {
        stayed.push({ messageId: message.MessageId ?? '', reason: (error as Error).message });
      }
    }
    yield { moved, stayed };
  }
}

async function deliver(sqs: SQSClient, message: Message, targets: Map<string, Promise<string>>): Promise<void> {
  const attributes = message.MessageAttributes ?? {};
  const name = /^arn:[^:]+:sqs:[^:]*:[^:]*:([^:]+)$/.exec(attributes['TARGET_ARN']?.StringValue ?? '')?.[1];
  if (!name) throw new Error('it names no queue in TARGET_ARN');
  const known = targets.get(name) ?? urlOf(sqs, name);
  targets.set(name, known);
  const header = message.Attributes?.AWSTraceHeader;
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: await known,
      MessageBody: message.Body,
      MessageAttributes: withoutDiagnosis(attributes),
      ...(header && { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: header } } }),
    }),
  );
}

const urlOf = async (sqs: SQSClient, name: string): Promise<string> => {
  const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  return QueueUrl;
};

const withoutDiagnosis = (attributes: Record<string, MessageAttributeValue>): Record<string, MessageAttributeValue> =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !DIAGNOSIS.has(name)));
