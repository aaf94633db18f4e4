import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import {
  AwsLogDriverMode,
  ContainerImage,
  CpuArchitecture,
  Secret as EcsSecret,
  FargateTaskDefinition,
  LogDrivers,
} from 'aws-cdk-lib/aws-ecs';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledged.ts';
import type { OwnCollector } from './choices.ts';
import { HEALTH_PORT, OTLP_PORT } from './collector-network.ts';

/** Every component of the configurations is in it; AWS's own distribution has no `transform`. */
const IMAGE = 'otel/opentelemetry-collector-contrib:0.165.0';
const CONFIGURATIONS = join(import.meta.dirname, '../observability/fargate');
export const CONTAINER = 'collector';

export interface CollectorTaskProps extends OwnCollector {
  logGroup: ILogGroup;
}

/** What ECS runs: the one container, the files of its configuration as variables, and its two roles. */
export function collectorTask(scope: Construct, props: CollectorTaskProps): FargateTaskDefinition {
  const task = new FargateTaskDefinition(scope, 'Task', {
    family: 'nedlia-collector',
    cpu: 256,
    memoryLimitMiB: 512, // 74 MB were in use after 9,000 spans; observability/fargate/receive.yaml goes by it
    runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64 },
  });
  acknowledge(task, 'AwsSolutions-ECS2', 'CloudFormation-Validate::E1029');
  const configurations = configurationsOf(props);
  const given = configurations.map((name) => [variableOf(name), read(name)] as const);
  task.addContainer(CONTAINER, {
    image: ContainerImage.fromRegistry(IMAGE),
    command: given.map(([variable]) => `--config=env:${variable}`),
    environment: { ...Object.fromEntries(given), ...settings(props, Stack.of(scope).region) },
    secrets: secrets(props, scope),
    logging: LogDrivers.awsLogs({
      logGroup: props.logGroup,
      streamPrefix: 'task',
      mode: AwsLogDriverMode.NON_BLOCKING, // CloudWatch's slowness is not the senders'
    }),
    portMappings: [{ containerPort: OTLP_PORT }, { containerPort: HEALTH_PORT }],
    readonlyRootFilesystem: true,
    stopTimeout: Duration.seconds(90), // what waits to be sent again is given up after 60
  });
  if (props.to.includes('xray')) {
    acknowledge(
      task.taskRole,
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AWSXrayWriteOnlyAccess]',
    );
    task.taskRole.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName('AWSXrayWriteOnlyAccess'));
  }
  return task;
}

/** What the configurations read by `${env:…}` and is no secret. */
function settings({ to, endpoint, coralogixDomain }: OwnCollector, region: string): Record<string, string> {
  return {
    OTLP_HTTP_ENDPOINT: `0.0.0.0:${OTLP_PORT}`,
    HEALTH_ENDPOINT: `0.0.0.0:${HEALTH_PORT}`,
    GOMEMLIMIT: '400MiB', // four fifths of the task's: Go's garbage collector works harder before the kernel kills
    ...(to.includes('xray') && {
      AWS_REGION: region,
      XRAY_ENDPOINT: `https://xray.${region}.amazonaws.com/v1/traces`,
    }),
    ...(endpoint && { OTLP_ENDPOINT: endpoint }),
    ...(coralogixDomain && { CORALOGIX_ENDPOINT: `https://ingress.${coralogixDomain}` }),
  };
}

/** Fields of the one secret, read by ECS when a task starts: no template and no console shows them. */
function secrets({ to, secretArn }: OwnCollector, scope: Construct): Record<string, EcsSecret> {
  if (!secretArn) return {};
  const secret = Secret.fromSecretCompleteArn(scope, 'Secret', secretArn);
  const field = (name: string) => [name, EcsSecret.fromSecretsManager(secret, name)] as const;
  return Object.fromEntries([
    ...(to.includes('otlp') ? [field('OTLP_AUTHORIZATION')] : []),
    ...(to.includes('coralogix') ? [field('CORALOGIX_TOKEN')] : []),
  ]);
}

/** The files of observability/fargate in the order in which they lie on each other. */
const configurationsOf = ({ to, secretArn }: OwnCollector): string[] => [
  'receive',
  ...to.flatMap((backend) => [`to-${backend}`, ...(backend === 'otlp' && secretArn ? ['to-otlp-authorized'] : [])]),
];

/** `to-xray` is handed over as `CONFIGURATION_TO_XRAY`. */
const variableOf = (name: string): string => `CONFIGURATION_${name.toUpperCase().replaceAll('-', '_')}`;

const read = (name: string): string => readFileSync(join(CONFIGURATIONS, `${name}.yaml`), 'utf8');
