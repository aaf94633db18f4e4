import { resolve as toAbsolute } from 'node:path';
import type { Plan } from './plan.ts';
import type { Resolve, Resource } from './template.ts';

interface Declared {
  /** `Resources.<logical id>`: what an error begins with. */
  path: string;
  resource: Resource;
  resolve: Resolve;
  /** What it answers to `Ref` and `Fn::GetAtt`. */
  own: (attribute: string) => string;
  assembly: string;
}

/** What each resource type adds to the plan. Seconds in the template are milliseconds in the plan; absent means AWS's default. */
export const readers: Record<string, (plan: Plan, declared: Declared) => void> = {
  'AWS::Events::EventBus': (plan, { own }) => void plan.buses.push(own('Name')),

  'AWS::S3::Bucket': (plan, { own }) => void plan.buckets.push(own('Ref')),

  'AWS::SQS::Queue'(plan, declared) {
    const get = properties(
      declared,
      'QueueName DelaySeconds VisibilityTimeout MessageRetentionPeriod MaximumMessageSize',
      'ReceiveMessageWaitTimeSeconds RedrivePolicy RedriveAllowPolicy SqsManagedSseEnabled Tags',
    );
    const redrive = get('RedrivePolicy') as { deadLetterTargetArn: string; maxReceiveCount: number } | undefined;
    plan.queues.push({
      name: declared.own('QueueName'),
      arn: declared.own('Arn'),
      delayMs: Number(get('DelaySeconds') ?? 0) * 1000,
      visibilityMs: Number(get('VisibilityTimeout') ?? 30) * 1000,
      retentionMs: Number(get('MessageRetentionPeriod') ?? 345_600) * 1000,
      receiveWaitMs: Number(get('ReceiveMessageWaitTimeSeconds') ?? 0) * 1000,
      maximumBytes: Number(get('MaximumMessageSize') ?? 1_048_576),
      redrive: redrive && { ...redrive, deadLetter: lastOf(redrive.deadLetterTargetArn) },
    });
  },

  'AWS::Events::Rule'(plan, declared) {
    const get = properties(declared, 'Name Description EventBusName EventPattern State Targets Tags');
    if (get('State') === 'DISABLED') return;
    const targets = get('Targets') as { Arn: string }[];
    plan.rules.push({
      name: declared.own('Ref'),
      bus: (get('EventBusName') ?? 'default') as string,
      pattern: get('EventPattern') as Record<string, unknown>,
      targets: targets.map((target, index) => {
        const path = `${declared.path}.Properties.Targets[${index}]`;
        refuseOthers(path, target, 'Arn Id DeadLetterConfig RetryPolicy');
        if (!target.Arn.startsWith('arn:aws:sqs:')) throw new Error(`${path}.Arn: only a queue can be a target here`);
        return lastOf(target.Arn);
      }),
    });
  },

  'AWS::Lambda::Function'(plan, declared) {
    const get = properties(
      declared,
      'FunctionName Description Code Handler Runtime Architectures Timeout MemorySize Environment Role LoggingConfig',
      'TracingConfig VpcConfig ReservedConcurrentExecutions Tags',
    );
    const asset = declared.resource.Metadata?.['aws:asset:path'];
    if (typeof asset !== 'string') throw new Error(`${declared.path}.Metadata: aws:asset:path is missing`);
    const { Variables = {} } = (get('Environment') ?? {}) as { Variables?: Record<string, string> };
    plan.functions.push({
      name: declared.own('Ref'),
      arn: declared.own('Arn'),
      handler: String(get('Handler')),
      directory: toAbsolute(declared.assembly, asset),
      timeoutMs: Number(get('Timeout') ?? 3) * 1000,
      memoryMb: Number(get('MemorySize') ?? 128),
      environment: Variables,
    });
  },

  'AWS::Lambda::EventSourceMapping'(plan, declared) {
    const get = properties(
      declared,
      'EventSourceArn FunctionName BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes ScalingConfig Enabled Tags',
    );
    if (get('Enabled') === false) return;
    plan.mappings.push({
      function: lastOf(String(get('FunctionName'))),
      queue: lastOf(String(get('EventSourceArn'))),
      batchSize: Number(get('BatchSize') ?? 10),
      windowMs: Number(get('MaximumBatchingWindowInSeconds') ?? 0) * 1000,
      partial: ((get('FunctionResponseTypes') ?? []) as string[]).includes('ReportBatchItemFailures'),
    });
  },
};

/** Reads a property, resolved. Throws at once when the resource has one that is not in `known`. */
function properties({ path, resource, resolve }: Declared, ...known: string[]): (name: string) => unknown {
  refuseOthers(`${path}.Properties`, resource.Properties ?? {}, known.join(' '));
  return (name) => resolve(resource.Properties?.[name], `${path}.Properties.${name}`);
}

function refuseOthers(path: string, fields: object, known: string): void {
  const other = Object.keys(fields).find((name) => !known.split(' ').includes(name));
  if (other) throw new Error(`${path}.${other} is not known here`);
}

/** The name at the end of an ARN, or a bare name as it is. */
const lastOf = (arn: string): string => arn.slice(arn.lastIndexOf(':') + 1);
