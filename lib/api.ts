/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { Annotations, Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AccessLogField,
  AccessLogFormat,
  AuthorizationType,
  EndpointType,
  LambdaRestApi,
  LogGroupLogDestination,
  type RestApi,
  type StageOptions,
} from 'aws-cdk-lib/aws-apigateway';
import { type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { env } from '../api/env.ts';
import type { Variables } from '../core/env.ts';
import { service } from '../events/catalogue.ts';
import { acknowledge } from './acknowledged.ts';
import type { Database } from './database.ts';
import { PipelineFunction } from './function.ts';
import type { Surroundings } from './surroundings.ts';
import { answerAsProblems } from './gateway-problems.ts';
import { type Stage, stageOf } from './stages.ts';

export interface ApiProps {
  surroundings: Surroundings;
  environment: Omit<Variables<typeof env>, 'TRACE_EDGE'>;
  database?: Database | undefined;
  /** Whether anybody may call it, also where the stage wants callers to sign. */
  open: boolean;
}

/**
 * The HTTP door: a REST API (v1) that hands every request to one function. Callers sign by IAM where the stage has limits, unless it
 * is opened; a stranger's trace headers are then linked to and not continued.
 *
 * Of a request's size API Gateway itself limits headers (10 KB) and body (10 MB, of which Lambda takes 6); the function refuses
 * bodies beyond 64 KiB.
 */
export class Api extends Construct {
  readonly service = service.api;
  readonly function: PipelineFunction<typeof env>;
  readonly gateway: RestApi;
  /** Ends in `/`. */
  readonly url: string;
  readonly callers: 'iam' | 'anybody';

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const { surroundings, open } = props;
    const stage = stageOf(surroundings.stage);
    const signed = stage.apiLimits !== undefined && !open;
    this.function = new PipelineFunction<typeof env>(this, 'Function', {
      ...props,
      environment: { ...props.environment, ...(stage.apiLimits && open && { TRACE_EDGE: 'link' }) },
      service: service.api,
      timeout: Duration.seconds(29), // API Gateway waits no longer
      memoryMiB: 1024, // somebody waits for the answer, a cold start is CPU, and CPU comes in proportion
    });
    this.gateway = new LambdaRestApi(this, 'Gateway', {
      restApiName: service.api,
      handler: this.function,
      integrationOptions: { allowTestInvoke: false },
      endpointTypes: [EndpointType.REGIONAL],
      // A setting of the account, without which API Gateway writes no access log.
      cloudWatchRole: stage.apiLimits !== undefined,
      ...(stage.apiLimits && { cloudWatchRoleRemovalPolicy: RemovalPolicy.DESTROY }),
      ...(signed && { defaultMethodOptions: { authorizationType: AuthorizationType.IAM } }),
      deployOptions: {
        stageName: surroundings.stage,
        tracingEnabled: false, // API Gateway does not read `traceparent` and would start an X-Ray trace of its own
        ...this.guarded(stage),
      },
    });
    this.gateway.node.tryRemoveChild('Endpoint'); // the output CDK adds; ours is ApiUrl
    answerAsProblems(this.gateway);
    acknowledge(this.gateway, 'AwsSolutions-APIG2', 'AwsSolutions-APIG3', 'AwsSolutions-APIG6', 'AwsSolutions-COG4');
    if (!signed) acknowledge(this.gateway, 'AwsSolutions-APIG4');
    acknowledge(
      this.gateway,
      stage.apiLimits
        ? 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]'
        : 'AwsSolutions-APIG1',
    );
    this.url = this.gateway.url;
    this.callers = signed ? 'iam' : 'anybody';
    if (stage.apiLimits && open) {
      Annotations.of(this).addWarningV2('nedlia:api-open', 'anybody who knows its URL may call the API of this stage');
    }
  }

  get logGroup(): ILogGroup {
    return this.function.logGroup;
  }

  /** Limits, and one JSON line per request, without the caller's address: it is personal data. */
  private guarded({ apiLimits, logDays }: Stage): StageOptions {
    if (!apiLimits) return {};
    const accessLog = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/apigateway/${service.api}`,
      retention: logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return {
      throttlingRateLimit: apiLimits.requestsPerSecond,
      throttlingBurstLimit: apiLimits.burst,
      accessLogDestination: new LogGroupLogDestination(accessLog),
      accessLogFormat: AccessLogFormat.custom(JSON.stringify(accessLine)),
    };
  }
}

const accessLine = {
  time: AccessLogField.contextRequestTimeEpoch(),
  request_id: AccessLogField.contextRequestId(), // on the server span as well
  method: AccessLogField.contextHttpMethod(),
  path: AccessLogField.contextPath(),
  status: AccessLogField.contextStatus(),
  duration_ms: AccessLogField.contextResponseLatency(),
  function_ms: AccessLogField.contextIntegrationLatency(),
  bytes: AccessLogField.contextResponseLength(),
  refused_as: AccessLogField.contextErrorResponseType(),
};
