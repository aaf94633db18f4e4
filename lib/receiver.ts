import { Duration } from 'aws-cdk-lib';
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { service } from '../events/catalogue.ts';
import type { env } from '../lambdas/receiver/env.ts';
import { PipelineFunction } from './function.ts';
import type { Surroundings } from './surroundings.ts';

export interface ReceiverProps {
  surroundings: Surroundings;
  secret: Secret;
}

/** A webhook target of our own behind a function URL, which anybody may call: the signature is what lets one in. */
export class Receiver extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, { surroundings, secret }: ReceiverProps) {
    super(scope, id);
    const receive = new PipelineFunction<typeof env>(this, 'Function', {
      surroundings,
      service: service.receiver,
      environment: { WEBHOOK_SECRETS: secret.secretArn },
      timeout: Duration.seconds(10), // the notifier waits for 15
      memoryMiB: 256, // it checks a signature
    });
    secret.grantRead(receive);
    this.url = receive.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url;
  }
}
