import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { env } from '../lambdas/relay/env.ts';
import type { Database } from './database.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Surroundings } from './surroundings.ts';
import { Worker, type WorkerProps } from './worker.ts';

export interface RelayProps {
  surroundings: Surroundings;
  deadLetters: DeadLetters;
  database: Database | undefined;
  environment: WorkerProps<typeof env>['environment'];
}

/** Says what was committed but not said: delayed nudges wake it, and it publishes whatever the outbox still holds. */
export class Relay extends Worker<typeof env> {
  constructor(scope: Construct, props: RelayProps) {
    super(scope, 'relay', {
      ...props,
      timeout: Duration.seconds(60), // a full outbox after an outage is worked off in one run
      memoryMiB: 512, // it waits for the database and the bus; CPU comes in proportion
      maximumConcurrency: 2, // the least there is; locked rows are skipped, so two runs share the work
      batchingWindow: Duration.seconds(5), // nudges that come together share one run
      // Nudges carry nothing of their own: a database outage of hours must not fill the dead-letter queue with them.
      maxReceiveCount: 500,
    });
  }
}
