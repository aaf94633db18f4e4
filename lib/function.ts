import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy, type Duration } from 'aws-cdk-lib';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type CfnFunction, Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Contract, Variables } from '../core/env.ts';
import packageJson from '../package.json' with { type: 'json' };
import { acknowledge, acknowledgeWildcard, wildcards } from './acknowledged.ts';
import { isXRay } from './choices.ts';
import type { Database } from './database.ts';
import { bundleOf, type ServiceName } from './entries.ts';
import { stageOf } from './stages.ts';
import type { Network, Surroundings } from './surroundings.ts';

export interface PipelineFunctionProps<C extends Contract> {
  surroundings: Surroundings;
  /** The function's physical name: the same word as `service.name` on its spans. */
  service: ServiceName;
  /** Exactly what its `env.ts` asks for: a missing or misspelt variable is a type error here. */
  environment: Variables<C>;
  /** The Aurora in whose network it runs; without one it runs outside of any, unless the surroundings have one. */
  database?: Database | undefined;
  timeout: Duration;
  memoryMiB: number;
}

/** A function from its built bundle, telling whoever looks at a span which service, version and stage made it. */
export class PipelineFunction<C extends Contract> extends Function {
  /** Its physical name. */
  readonly service: string;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps<C>) {
    const { service, database } = props;
    const { stage, exporter, collectorEndpoint } = props.surroundings;
    const network = database ? { vpc: database.vpc, securityGroup: database.clients } : props.surroundings.network;
    const logs = new LogGroup(scope, `${id}Logs`, {
      logGroupName: `/aws/lambda/${service}`,
      retention: stageOf(stage).logDays,
      removalPolicy: RemovalPolicy.DESTROY, // one that stays keeps the next deployment from making its own
    });
    // CDK's own role brings managed policies that may write to every log group of the account.
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logs.grantWrite(role);
    if (network) attachToNetwork(role);
    super(scope, id, {
      functionName: service,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64, // a fifth cheaper per millisecond than x86_64: aws.amazon.com/lambda/pricing
      handler: 'index.handler',
      code: Code.fromAsset(bundleFolder(props.surroundings.bundles, bundleOf(service))),
      timeout: props.timeout,
      memorySize: props.memoryMiB,
      role,
      logGroup: logs,
      ...(network && placed(network)),
      environment: {
        ...defined(props.environment),
        ...(network && DUAL_STACK),
        OTEL_RESOURCE_ATTRIBUTES: `service.namespace=nedlia,service.version=${packageJson.version},deployment.environment.name=${stage}`,
        ...sampler(stageOf(stage).samplingRatio),
        OTEL_TRACES_EXPORTER: exporter,
        ...(collectorEndpoint && { OTEL_EXPORTER_OTLP_ENDPOINT: collectorEndpoint }),
      },
    });
    this.service = service;
    if (exporter === 'xray') this.sendToXRay(role);
    if (isXRay(collectorEndpoint)) permitXRay(role, 'AWSXrayWriteOnlyAccess');
  }

  /** Active tracing makes Lambda run the daemon that our spans are handed to. */
  private sendToXRay(role: Role): void {
    // Not by CDK's `tracing`, which writes the policy's present actions into each role.
    (this.node.defaultChild as CfnFunction).tracingConfig = { mode: 'Active' };
    permitXRay(role, 'AWSXRayDaemonWriteAccess');
  }
}

/** By a policy of AWS's own: X-Ray knows no resources, and what its endpoints ask for has grown before. */
function permitXRay(role: Role, policy: 'AWSXRayDaemonWriteAccess' | 'AWSXrayWriteOnlyAccess'): void {
  acknowledge(role, `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${policy}]`);
  role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName(policy));
}

/** A trace is whole or not at all: what begins it decides, and the decision goes with every message. */
const sampler = (ratio: number): Record<string, string> =>
  ratio === 1
    ? { OTEL_TRACES_SAMPLER: 'always_on' }
    : { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: String(ratio) };

/** The network has no way out by IPv4, or a dear one: without these the SDK would call hosts that never answer, or wait 250 ms for them first. */
const DUAL_STACK = { AWS_USE_DUALSTACK_ENDPOINT: 'true', NODE_OPTIONS: '--dns-result-order=ipv6first' };

const placed = ({ vpc, securityGroup }: Network) => ({
  vpc,
  vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
  securityGroups: [securityGroup],
  ipv6AllowedForDualStack: true,
});

/** Lambda places a function into a network with the function's own role: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions */
function attachToNetwork(role: Role): void {
  const { actions, resource } = wildcards.network;
  role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [resource] }));
  acknowledgeWildcard(role, 'network', resource);
}

function bundleFolder(bundles: string, name: string): string {
  const folder = join(bundles, name);
  if (existsSync(join(folder, 'index.cjs'))) return folder;
  throw new Error(`no bundle in ${folder}: run "npm run build" first`);
}

/** The variables that have a value. Every input of a contract is a string or left out. */
const defined = (variables: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
