import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Contract, Variables } from '../core/env.ts';
import { service, type WorkerName } from '../events/catalogue.ts';
import type { DeadLetters } from './dead-letters.ts';
import { constructId } from './entries.ts';
import { PipelineFunction, type PipelineFunctionProps } from './function.ts';

/** What a worker provides itself. */
type Own = 'QUEUE_URL' | 'DEAD_LETTER_QUEUE_URL';

export interface WorkerProps<C extends Contract> extends Omit<PipelineFunctionProps<C>, 'environment' | 'service'> {
  deadLetters: DeadLetters;
  /** The contract of the function's `env.ts` without its two queue addresses, which are given here. */
  environment: Omit<Variables<C>, Own>;
  /** Receives until SQS itself gives up on a message and moves it to the dead-letter queue. */
  maxReceiveCount: number;
  /** Batches of this queue that run at the same time; at least 2. */
  maximumConcurrency: number;
  /** How long SQS may gather messages before it starts a batch. */
  batchingWindow?: Duration;
}

/** A function that works off its own queue in batches, and puts what it cannot do into a dead-letter queue. */
export class Worker<C extends Contract> extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: IQueue;
  readonly function: PipelineFunction<C>;
  readonly name: WorkerName;
  readonly service: (typeof service)[WorkerName];

  constructor(scope: Construct, name: WorkerName, props: WorkerProps<C>) {
    super(scope, constructId(name));
    this.name = name;
    this.service = service[name];

    this.deadLetterQueue = props.deadLetters.of[name];
    this.queue = new Queue(this, 'Queue', {
      queueName: this.service,
      // A message moved by SQS keeps its age: four days here leave ten in the dead-letter queue.
      retentionPeriod: Duration.days(4),
      // Six time-outs, so that a throttled batch is not delivered twice: docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
      visibilityTimeout: Duration.seconds(6 * props.timeout.toSeconds()),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: props.maxReceiveCount },
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });

    const given = { QUEUE_URL: this.queue.queueUrl, DEAD_LETTER_QUEUE_URL: this.deadLetterQueue.queueUrl };
    this.function = new PipelineFunction<C>(this, 'Function', {
      ...props,
      service: this.service,
      environment: { ...props.environment, ...given },
    });

    // Brings sqs:ReceiveMessage, DeleteMessage and ChangeMessageVisibility (the consumer's back-off) on this queue alone.
    this.function.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        maxConcurrency: props.maximumConcurrency,
        ...(props.batchingWindow && { maxBatchingWindow: props.batchingWindow }),
      }),
    );
    this.deadLetterQueue.grant(this.function, 'sqs:SendMessage');
  }

  get logGroup(): ILogGroup {
    return this.function.logGroup;
  }
}
