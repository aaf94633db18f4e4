import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { EventBridgeClient, PutEventsCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { DeleteObjectsCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { AwsInstrumentation } from '@opentelemetry/instrumentation-aws-sdk';
import { traceAwsClient, untraced } from '../../../telemetry/edges/aws-client.ts';
import type { AwsAnswer, AwsRequest } from '../../support/aws-endpoint.ts';
import { startAwsEndpoint } from '../../support/aws-endpoint.ts';
import type { RecordedSpan } from '../../support/spans.ts';
import { only, recordSpans } from '../../support/spans.ts';

const QueueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/things';
const md5 = createHash('md5').update('{}').digest('hex');

const answers: Record<string, AwsAnswer> = {
  PutEvents: { body: { FailedEntryCount: 0, Entries: [{ EventId: 'e' }] } },
  PutTargets: {
    body: { FailedEntryCount: 1, FailedEntries: [{ TargetId: 't', ErrorCode: 'ConcurrentModification' }] },
  },
  SendMessage: { body: { MessageId: 'm', MD5OfMessageBody: md5 } },
  SendMessageBatch: { body: { Successful: [{ Id: '0', MessageId: 'm', MD5OfMessageBody: md5 }] } },
  DeleteMessageBatch: { body: { Successful: [], Failed: [{ Id: '0', Code: 'ReceiptHandleIsInvalid' }] } },
  GetQueueUrl: { body: { QueueUrl } },
};
const answer = ({ operation }: AwsRequest): AwsAnswer => {
  if (operation.includes('missing'))
    return { status: 404, body: '<Error><Code>NoSuchKey</Code><Message>m</Message></Error>' };
  if (operation.startsWith('POST /bucket')) {
    return { body: '<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>' };
  }
  return answers[operation] ?? { body: operation.includes('/bucket') ? '' : {} };
};

type Trace = <C extends S3Client | SQSClient | EventBridgeClient>(client: C) => C;

/** The calls both instrumentations are shown; failures included, thrown or not. */
async function makeCalls(trace: Trace): Promise<void> {
  const s3 = trace(new S3Client({ forcePathStyle: true }));
  const sqs = trace(new SQSClient({ useQueueUrlAsEndpoint: false }));
  const bus = trace(new EventBridgeClient({}));
  await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'key', Body: 'x' }));
  await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'missing' })).catch(() => {});
  await sqs.send(new GetQueueUrlCommand({ QueueName: 'things' }));
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: '0', ReceiptHandle: 'r' }] }));
  await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: '0', MessageBody: '{}' }] }));
  await bus.send(new PutEventsCommand({ Entries: [{ Detail: '{}' }] }));
}

async function oursAndTheirs(t: TestContext): Promise<{ ours: RecordedSpan[]; theirs: RecordedSpan[] }> {
  const spans = recordSpans(t);
  await startAwsEndpoint(t, answer);
  await makeCalls(traceAwsClient);
  const ours = spans.all();
  spans.clear();
  const stock = new AwsInstrumentation() as unknown as Record<
    'patchV3SmithyClient' | 'unpatchV3SmithyClient',
    (module: unknown, version?: string) => void
  >;
  // Its module hooks do not see imports; this is what they would call.
  const client: unknown = createRequire(import.meta.url)('@smithy/core/client');
  stock.patchV3SmithyClient(client, '3.0.0');
  await makeCalls((untouched) => untouched);
  stock.unpatchV3SmithyClient(client);
  return { ours, theirs: spans.all() };
}

describe('beside the stock instrumentation', () => {
  it('our client spans say the same, but for a written list of improvements', async (t) => {
    const { ours, theirs } = await oursAndTheirs(t);
    const calls = theirs.map(({ name }) => name);
    assert.deepEqual(calls, [
      'S3.PutObject',
      'S3.GetObject',
      'SQS.GetQueueUrl',
      'SQS.DeleteMessageBatch',
      'things receive',
      'things send',
      'things send',
      'EventBridge.PutEvents',
    ]);

    // 1. Sends have a span per entry (edges/send.ts), so none for the call.
    // 2. A receive is named like any other call: `things receive` of kind CONSUMER would be the processing of a message.
    assert.deepEqual(
      ours.map(({ name }) => name),
      [...calls.slice(0, 4), 'SQS.ReceiveMessage'],
    );

    for (const [index, span] of ours.entries()) {
      const stock = theirs[index];
      assert.ok(stock);
      assert.equal(span.kind, 'CLIENT');
      for (const [key, value] of Object.entries(stock.attributes)) {
        if (key in renamed) assert.deepEqual(span.attributes[renamed[key] ?? ''], renamedValue[key] ?? value, key);
        else assert.deepEqual(span.attributes[key], value, `${span.name} ${key}`);
      }
    }

    // 5. A batch that was refused in a 200 answer is a failure.
    const [put, get, , batch] = ours;
    assert.deepEqual([put?.status, theirs[0]?.status], ['UNSET', 'UNSET']);
    assert.deepEqual([get?.status, theirs[1]?.status], ['ERROR', 'ERROR']);
    assert.deepEqual([batch?.status, theirs[3]?.status], ['ERROR', 'UNSET']);
    assert.equal(batch?.attributes['error.type'], 'ReceiptHandleIsInvalid');

    // 6. What went wrong, with which object and where: not said by the stock one.
    assert.equal(get?.attributes['error.type'], 'NoSuchKey');
    const more = ['aws.s3.key', 'error.type', 'server.address', 'server.port'];
    assert.deepEqual(
      more.filter((key) => key in (get?.attributes ?? {})),
      more,
    );
    assert.deepEqual(
      more.filter((key) => key in (theirs[1]?.attributes ?? {})),
      [],
    );
    assert.equal(get?.events[0]?.name, 'exception');
  });

  // 3. The conventions renamed these, and have a name for a queue's URL. 4. `aws_sqs` became `aws.sqs`.
  const renamed: Record<string, string> = {
    'aws.request.id': 'aws.request_id',
    'aws.request.extended_id': 'aws.extended_request_id',
    'messaging.system': 'messaging.system.name',
    'url.full': 'aws.sqs.queue.url',
  };
  const renamedValue: Record<string, string> = { 'messaging.system': 'aws.sqs' };
});

describe('an AWS call', () => {
  it('that refuses some in a 200 answer is a failure, whichever list says so', async (t) => {
    const spans = recordSpans(t);
    await startAwsEndpoint(t, answer);
    const bus = traceAwsClient(new EventBridgeClient({}));
    await bus.send(new PutTargetsCommand({ Rule: 'r', EventBusName: 'bus', Targets: [{ Id: 't', Arn: 'a' }] }));
    const s3 = traceAwsClient(new S3Client({ forcePathStyle: true }));
    await s3.send(new DeleteObjectsCommand({ Bucket: 'bucket', Delete: { Objects: [{ Key: 'k' }] } }));
    const { attributes, status } = only(spans.all(), 'EventBridge.PutTargets');
    assert.deepEqual([status, attributes['error.type']], ['ERROR', 'ConcurrentModification']);
    assert.equal(attributes['messaging.destination.name'], 'bus');
    assert.equal(only(spans.all(), 'S3.DeleteObjects').attributes['error.type'], 'AccessDenied');
  });

  it('that cannot be made is a failure with its cause', async (t) => {
    const spans = recordSpans(t);
    await startAwsEndpoint(t, answer);
    const s3 = traceAwsClient(new S3Client({ endpoint: 'http://127.0.0.1:1', forcePathStyle: true, maxAttempts: 1 }));
    await assert.rejects(s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'key', Body: 'x' })));
    const { status, attributes } = only(spans.all(), 'S3.PutObject');
    assert.deepEqual([status, attributes['error.type']], ['ERROR', 'ECONNREFUSED']);
  });

  it('nobody looks for in a trace makes no span', async (t) => {
    const spans = recordSpans(t);
    await startAwsEndpoint(t, answer);
    const sqs = traceAwsClient(new SQSClient({ useQueueUrlAsEndpoint: false }));
    const hide = { QueueUrl, ReceiptHandle: 'r', VisibilityTimeout: 1 };
    await untraced(() => sqs.send(new ChangeMessageVisibilityCommand(hide)));
    assert.deepEqual(spans.all(), []);
    await sqs.send(new ChangeMessageVisibilityCommand(hide));
    only(spans.all(), 'SQS.ChangeMessageVisibility');
  });

  it('leaves the caller’s input as it was', async (t) => {
    recordSpans(t);
    await startAwsEndpoint(t, answer);
    const sqs = traceAwsClient(new SQSClient({ useQueueUrlAsEndpoint: false }));
    const input = Object.freeze({ QueueUrl, MessageBody: '{}', MessageAttributes: Object.freeze({}) });
    await sqs.send(new SendMessageCommand(input));
    assert.deepEqual(input, { QueueUrl, MessageBody: '{}', MessageAttributes: {} });
  });
});
