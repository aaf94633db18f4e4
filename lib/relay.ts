import { Duration } from 'aws-cdk-lib';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { service } from '../events/catalogue.ts';
import type { env } from '../lambdas/relay/env.ts';
import type { Database } from './database.ts';
import type { Surroundings } from './function.ts';
import { Worker, type WorkerProps } from './worker.ts';

export interface RelayProps {
  surroundings: Surroundings;
  deadLetterQueue: IQueue;
  database: Database | undefined;
  environment: WorkerProps<typeof env>['environment'];
}

/** Says what was committed but not said: delayed nudges wake it, and it publishes whatever the outbox still holds. */
export class Relay extends Worker<typeof env> {
  constructor(scope: Construct, id: string, props: RelayProps) {
    super(scope, id, {
      ...props,
      service: service.relay,
      bundle: 'relay',
      timeout: Duration.seconds(60), // a full outbox after an outage is worked off in one run
      memoryMiB: 512, // it waits for the database and the bus; CPU comes in proportion
      maximumConcurrency: 2, // the least there is; locked rows are skipped, so two runs share the work
      batchingWindow: Duration.seconds(5), // nudges that come together share one run
      // Nudges carry nothing of their own: a database outage of hours must not fill the dead-letter queue with them.
      maxReceiveCount: 500,
    });
  }
}
