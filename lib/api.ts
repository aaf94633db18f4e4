import { Duration } from 'aws-cdk-lib';
import { EndpointType, LambdaRestApi } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import type { env } from '../api/env.ts';
import type { Variables } from '../core/env.ts';
import { service } from '../events/catalogue.ts';
import { PipelineFunction, type Surroundings } from './function.ts';

export interface ApiProps {
  surroundings: Surroundings;
  environment: Variables<typeof env>;
}

/**
 * The HTTP door: a REST API (v1) that hands every request to one function. Open to whoever reaches it, which only stage
 * `local` is built for.
 */
export class Api extends Construct {
  readonly function: PipelineFunction<typeof env>;
  /** Ends in `/`. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    this.function = new PipelineFunction<typeof env>(this, 'Function', {
      ...props,
      service: service.api,
      bundle: 'api',
      timeout: Duration.seconds(29), // API Gateway waits no longer
      memoryMiB: 1024, // somebody waits for the answer, a cold start is CPU, and CPU comes in proportion
    });
    const gateway = new LambdaRestApi(this, 'Gateway', {
      restApiName: service.api,
      handler: this.function,
      integrationOptions: { allowTestInvoke: false },
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: false, // an account-wide setting: not this stack's to change
      deployOptions: {
        stageName: props.surroundings.stage,
        tracingEnabled: false, // API Gateway does not read `traceparent` and would start an X-Ray trace of its own
      },
    });
    gateway.node.tryRemoveChild('Endpoint'); // the output CDK adds; ours is ApiUrl
    this.url = gateway.url;
  }
}
