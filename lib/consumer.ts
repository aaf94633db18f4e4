/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { Rule, type EventBus } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import type { Contract } from '../core/env.ts';
import type { EventDefinition } from '../events/definition.ts';
import { Worker, type WorkerProps } from './worker.ts';

export interface ConsumerProps<C extends Contract> extends WorkerProps<C> {
  bus: EventBus;
  /** The events that reach the queue, each by a rule of its own: source and detail-type. */
  hears: readonly Pick<EventDefinition, 'name' | 'pattern'>[];
}

/** A worker that hears events: rules on the bus put them into its queue as they are. */
export class Consumer<C extends Contract> extends Worker<C> {
  constructor(scope: Construct, id: string, props: ConsumerProps<C>) {
    const { bus, hears, ...worker } = props;
    super(scope, id, worker);
    for (const { name, pattern } of hears) {
      new Rule(this, name, {
        eventBus: bus,
        eventPattern: { source: pattern.source, detailType: pattern['detail-type'] },
        targets: [new SqsQueue(this.queue)],
      });
    }
  }
}
