import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startLocalAws, type LocalAws } from '../../local/aws/start.ts';
import type { Template } from '../../local/aws/template.ts';

type Options = Partial<Parameters<typeof startLocalAws>[0]> & {
  /** The source of the function `worker` (CommonJS) that the queue `work` feeds; without it there is none. */
  worker?: string;
  /** On top of the queue `work`'s properties, which are 0.2 s of visibility and three receives. */
  queue?: Record<string, unknown>;
  mapping?: Record<string, unknown>;
  /** Seconds. */
  timeout?: number;
};

export interface Bench extends LocalAws {
  directory: string;
  sqs: SQSClient;
  eventBridge: EventBridgeClient;
  s3: S3Client;
  urlOf: (queue: string) => string;
  /** What functions printed. */
  lines: string[];
}

/** A folder that is gone after the test. */
export function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'nedlia-aws-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * AWS on loopback from a template of a few lines: bus `bus`, queues `work` and `work-dlq`, a second listener `other`, bucket `files`.
 * The SDK's clients are as they come, but without retries, so that a refusal is seen. Stopped after the test.
 */
export async function bench(t: TestContext, options: Options = {}): Promise<Bench> {
  const { worker, queue, mapping, timeout = 5, directory = scratch(t), ...rest } = options;
  const assembly = join(directory, 'cdk.out');
  mkdirSync(join(assembly, 'asset.worker'), { recursive: true });
  writeFileSync(join(assembly, 'asset.worker/index.cjs'), worker ?? '');
  writeFileSync(join(assembly, 'test.template.json'), JSON.stringify(template({ worker, queue, mapping, timeout })));

  const lines: string[] = [];
  const onLine = (_: string, line: string) => lines.push(line);
  const aws = await startLocalAws({ assembly, stacks: ['test'], parameters: {}, directory, onLine, ...rest });
  t.after(() => aws.stop({ drainMs: 0 }));
  const client = {
    endpoint: aws.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  };
  const sqs = new SQSClient({ ...client, useQueueUrlAsEndpoint: false });
  const eventBridge = new EventBridgeClient(client);
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  t.after(() => [sqs, eventBridge, s3].forEach((one) => one.destroy()));
  return { ...aws, directory, sqs, eventBridge, s3, lines, urlOf: (name) => `${aws.endpoint}/000000000000/${name}` };
}

function template(options: {
  worker: string | undefined;
  queue: Record<string, unknown> | undefined;
  mapping: Record<string, unknown> | undefined;
  timeout: number;
}): Template {
  return {
    Resources: {
      Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'bus' } },
      Files: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'files' } },
      Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'work-dlq' } },
      Work: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          QueueName: 'work',
          VisibilityTimeout: 0.2,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 3 },
          ...options.queue,
        },
      },
      Other: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'other' } },
      ToWork: rule('Work', 'said', 'whispered'),
      ToOther: rule('Other', 'said'),
      ...(options.worker !== undefined && {
        Worker: {
          Type: 'AWS::Lambda::Function',
          Properties: {
            FunctionName: 'worker',
            Handler: 'index.handler',
            Timeout: options.timeout,
            Environment: { Variables: { QUEUE_URL: { Ref: 'Work' } } },
          },
          Metadata: { 'aws:asset:path': 'asset.worker' },
        },
        Mapping: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            EventSourceArn: { 'Fn::GetAtt': ['Work', 'Arn'] },
            FunctionName: { Ref: 'Worker' },
            FunctionResponseTypes: ['ReportBatchItemFailures'],
            ...options.mapping,
          },
        },
      }),
    },
  };
}

const rule = (target: string, ...names: string[]) => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    EventBusName: { Ref: 'Bus' },
    EventPattern: { source: ['test'], 'detail-type': names },
    Targets: [{ Id: 'it', Arn: { 'Fn::GetAtt': [target, 'Arn'] } }],
  },
});
