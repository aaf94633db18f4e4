import { md5, md5OfAttributes } from './digest.ts';
import { ServiceError, type Fail } from './errors.ts';
import { checkMessage, MIB, sizeOf, within } from './message-limits.ts';
import { moveTasks } from './move-tasks.ts';
import { ACCOUNT } from './account.ts';
import type { Attribute } from './message.ts';
import type { Queue } from './queue.ts';
import { toAnswer } from './received.ts';

/** What the requests carry, all operations together; nothing is required before it was checked. */
interface Input {
  QueueUrl?: string;
  QueueName?: string;
  QueueNamePrefix?: string;
  MessageBody?: string;
  DelaySeconds?: number;
  MessageAttributes?: Record<string, Attribute>;
  MessageSystemAttributes?: { AWSTraceHeader?: Attribute };
  ReceiptHandle?: string;
  VisibilityTimeout?: number;
  MaxNumberOfMessages?: number;
  WaitTimeSeconds?: number;
  AttributeNames?: string[];
  MessageSystemAttributeNames?: string[];
  MessageAttributeNames?: string[];
  Entries?: (Input & { Id?: string })[];
  SourceArn?: string;
  DestinationArn?: string;
}
type Operation = (input: Input, signal: AbortSignal) => object | Promise<object>;

const TWELVE_HOURS = 43_200;

/** The SQS operations the pipeline and its tools use, on these queues; AWS's limits and error codes. */
export function sqs(queues: ReadonlyMap<string, Queue>, endpoint: string, fail: Fail) {
  const urlOf = (name: string) => `${endpoint}/${ACCOUNT}/${name}`;
  const find = (name = ''): Queue => {
    const queue = queues.get(name);
    if (!queue) throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  };
  /** Host and account of a queue URL do not matter: its last segment names the queue. */
  const on = (work: (queue: Queue, input: Input, signal: AbortSignal) => object | Promise<object>): Operation => {
    return (input, signal) => work(find(input.QueueUrl?.split('/').at(-1)), input, signal);
  };
  /** One that is refused is in `Failed` of an answer 200; the others are done. */
  const onEach = (name: string, work: (queue: Queue, entry: Input) => object): Operation => {
    return on((queue, { Entries: entries = [] }) => {
      checkBatch(entries.map(({ Id = '' }) => Id));
      if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > MIB) {
        throw new ServiceError('BatchRequestTooLong', `Batch requests cannot be longer than ${MIB} bytes.`);
      }
      const answer = { Successful: [] as object[], Failed: [] as object[] };
      for (const entry of entries) {
        try {
          const failure = fail('sqs', `${name}.Entry`, entry);
          if (failure) throw new ServiceError(failure.code, 'Refused on request.', failure.status);
          answer.Successful.push({ Id: entry.Id, ...work(queue, entry) });
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          const { code, message, status } = error;
          answer.Failed.push({ Id: entry.Id, Code: code, Message: message, SenderFault: status < 500 });
        }
      }
      return answer;
    });
  };

  return {
    SendMessage: on(send),
    SendMessageBatch: onEach('SendMessageBatch', send),
    ReceiveMessage: on(receive),
    DeleteMessage: on(remove),
    DeleteMessageBatch: onEach('DeleteMessageBatch', remove),
    ChangeMessageVisibility: on(changeVisibility),
    ChangeMessageVisibilityBatch: onEach('ChangeMessageVisibilityBatch', changeVisibility),
    PurgeQueue: on((queue) => {
      queue.purge();
      return {};
    }),
    GetQueueUrl: ({ QueueName }: Input) => ({ QueueUrl: urlOf(find(QueueName).plan.name) }),
    GetQueueAttributes: on((queue, { AttributeNames = [] }) => {
      const all = Object.entries(attributesOf(queue));
      const chosen = all.filter(([name]) => AttributeNames.includes('All') || AttributeNames.includes(name));
      return { Attributes: Object.fromEntries(chosen) as object };
    }),
    ListQueues: ({ QueueNamePrefix = '' }: Input) => ({
      QueueUrls: [...queues.keys()].filter((name) => name.startsWith(QueueNamePrefix)).map(urlOf),
    }),
    ...moveTasks(queues),
  };
}

function send(queue: Queue, input: Input): object {
  checkMessage(input, queue.plan.maximumBytes);
  const { MessageBody: body = '', MessageAttributes: attributes = {}, MessageSystemAttributes: system } = input;
  const { id } = queue.send({
    body,
    attributes,
    traceHeader: system?.AWSTraceHeader?.StringValue,
    delayMs: input.DelaySeconds === undefined ? undefined : within('DelaySeconds', input.DelaySeconds, 0, 900) * 1000,
  });
  return { MessageId: id, MD5OfMessageBody: md5(body), MD5OfMessageAttributes: md5OfAttributes(attributes) };
}

async function receive(queue: Queue, input: Input, signal: AbortSignal): Promise<object> {
  const { plan } = queue;
  const {
    MaxNumberOfMessages: max = 1,
    VisibilityTimeout: visibility = plan.visibilityMs / 1000,
    WaitTimeSeconds: wait = plan.receiveWaitMs / 1000,
    AttributeNames = [],
    MessageSystemAttributeNames = [],
    MessageAttributeNames = [],
  } = input;
  const messages = await queue.receive({
    max: within('MaxNumberOfMessages', max, 1, 10),
    visibilityMs: within('VisibilityTimeout', visibility, 0, TWELVE_HOURS) * 1000,
    waitMs: within('WaitTimeSeconds', wait, 0, 20) * 1000,
    signal,
  });
  if (messages.length === 0) return {};
  const wanted = { system: [...AttributeNames, ...MessageSystemAttributeNames], attributes: MessageAttributeNames };
  return { Messages: messages.map((message) => toAnswer(message, wanted)) };
}

function remove(queue: Queue, { ReceiptHandle = '' }: Input): object {
  queue.delete(ReceiptHandle);
  return {};
}

function changeVisibility(queue: Queue, { ReceiptHandle = '', VisibilityTimeout }: Input): object {
  queue.changeVisibility(ReceiptHandle, within('VisibilityTimeout', VisibilityTimeout, 0, TWELVE_HOURS) * 1000);
  return {};
}

function checkBatch(ids: string[]): void {
  if (ids.length === 0)
    throw new ServiceError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (ids.length > 10)
    throw new ServiceError('TooManyEntriesInBatchRequest', `10 entries are allowed, not ${ids.length}.`);
  if (!ids.every((id) => /^[\w-]{1,80}$/.test(id)))
    throw new ServiceError('InvalidBatchEntryId', 'An entry id is malformed.');
  if (new Set(ids).size < ids.length)
    throw new ServiceError('BatchEntryIdsNotDistinct', 'Two entries have the same Id.');
}

function attributesOf(queue: Queue): Record<string, string | undefined> {
  const { plan, deadLetter } = queue;
  const { visible, inFlight, delayed } = queue.counts();
  const policy = { deadLetterTargetArn: deadLetter?.plan.arn, maxReceiveCount: plan.redrive?.maxReceiveCount };
  return {
    QueueArn: plan.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    DelaySeconds: String(plan.delayMs / 1000),
    VisibilityTimeout: String(plan.visibilityMs / 1000),
    MessageRetentionPeriod: String(plan.retentionMs / 1000),
    ReceiveMessageWaitTimeSeconds: String(plan.receiveWaitMs / 1000),
    MaximumMessageSize: String(plan.maximumBytes),
    RedrivePolicy: deadLetter && JSON.stringify(policy),
  };
}
