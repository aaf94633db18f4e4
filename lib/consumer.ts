/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { Duration } from 'aws-cdk-lib';
import { type EventBus, type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Contract } from '../core/env.ts';
import { type ConsumerName, heardBy } from '../events/catalogue.ts';
import { Worker, type WorkerProps } from './worker.ts';

export interface ConsumerProps<C extends Contract> extends WorkerProps<C> {
  bus: EventBus;
}

/** A worker that hears the events `heardBy` names: a rule each, source and detail-type, puts them into its queue as they are. */
export class Consumer<C extends Contract> extends Worker<C> {
  constructor(scope: Construct, name: ConsumerName, props: ConsumerProps<C>) {
    const { bus, ...worker } = props;
    super(scope, name, worker);
    for (const { name: event, pattern } of heardBy[name]) {
      new Rule(this, event, {
        eventBus: bus,
        eventPattern: { source: pattern.source, detailType: pattern['detail-type'] },
        targets: [delivered(this.queue, props.deadLetters.undelivered)],
      });
    }
  }
}

/** Tried for as long as EventBridge tries at all; what it gives up on is kept. */
function delivered(queue: IQueue, undelivered: IQueue): IRuleTarget {
  const target = new SqsQueue(queue, { retryAttempts: 185, maxEventAge: Duration.hours(24) });
  // Not as SqsQueue's own `deadLetterQueue`, which would name each rule in the policy of a queue whose stack comes first.
  return {
    bind: (rule, id) => ({ ...target.bind(rule, id), deadLetterConfig: { arn: undelivered.queueArn } }),
  };
}
