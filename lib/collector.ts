/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  AwsLogDriverMode,
  Cluster,
  ContainerImage,
  CpuArchitecture,
  Secret as EcsSecret,
  FargateService,
  FargateTaskDefinition,
  type ICluster,
  LogDrivers,
} from 'aws-cdk-lib/aws-ecs';
import { NetworkLoadBalancer, type NetworkTargetGroup, Protocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledged.ts';
import type { OwnCollector } from './choices.ts';
import { HEALTH_PORT, OTLP_PORT, openPath, type SecurityGroups } from './collector-network.ts';
import type { Database } from './database.ts';
import { stageOf, type StageName } from './stages.ts';

/** Every component of the configurations is in it; AWS's own distribution has no `transform`. */
const IMAGE = 'otel/opentelemetry-collector-contrib:0.165.0';
const CONFIGURATIONS = join(import.meta.dirname, '../observability/fargate');

export interface CollectorProps extends OwnCollector {
  stage: StageName;
  /** In whose network it runs. */
  database: Database;
}

/**
 * An OpenTelemetry Collector of our own: functions send OTLP to an internal load balancer, tasks on Fargate hand it on. They
 * need no routing by trace id, for none of them samples (docs/decisions/0015).
 */
export class Collector extends Construct {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT` of every function; reached from inside the network alone. */
  readonly endpoint: string;
  readonly securityGroups: SecurityGroups;
  readonly logGroup: ILogGroup;
  readonly targets: NetworkTargetGroup;

  constructor(scope: Construct, id: string, props: CollectorProps) {
    super(scope, id);
    const { vpc, clients } = props.database;
    const { collector, logDays } = stageOf(props.stage);
    this.securityGroups = openPath(this, { vpc, clients, endpoint: props.endpoint });
    this.logGroup = new LogGroup(this, 'Logs', {
      logGroupName: '/aws/ecs/nedlia-collector',
      retention: logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const cluster = new Cluster(this, 'Cluster', { clusterName: 'nedlia', vpc });
    acknowledge(cluster, 'AwsSolutions-ECS4');
    const vpcSubnets = { subnetType: SubnetType.PRIVATE_WITH_EGRESS };
    const service = new FargateService(this, 'Service', {
      cluster: cluster as ICluster, // an optional member of it is typed without `undefined`, which exactOptionalPropertyTypes minds
      taskDefinition: this.task(props),
      desiredCount: collector?.tasks ?? 1,
      minHealthyPercent: 100, // an update starts the new task before it stops the old one
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true }, // a configuration that does not start fails the deployment
      healthCheckGracePeriod: Duration.seconds(60), // pulling the image takes most of it
      securityGroups: [this.securityGroups.tasks],
      vpcSubnets,
    });

    const balancer = new NetworkLoadBalancer(this, 'LoadBalancer', {
      vpc,
      vpcSubnets,
      internetFacing: false,
      crossZoneEnabled: true, // a zone whose task is away still takes spans
      securityGroups: [this.securityGroups.balancer],
    });
    acknowledge(balancer, 'AwsSolutions-ELB2');
    this.targets = balancer.addListener('Otlp', { port: OTLP_PORT, protocol: Protocol.TCP }).addTargets('Tasks', {
      port: OTLP_PORT,
      protocol: Protocol.TCP,
      targets: [service.loadBalancerTarget({ containerName: 'collector', containerPort: OTLP_PORT })],
      deregistrationDelay: Duration.seconds(30), // a function sends for half a second at most
      healthCheck: {
        protocol: Protocol.HTTP,
        port: String(HEALTH_PORT),
        path: '/',
        interval: Duration.seconds(10),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    this.endpoint = `http://${balancer.loadBalancerDnsName}:${OTLP_PORT}`;
  }

  private task(props: CollectorProps): FargateTaskDefinition {
    const task = new FargateTaskDefinition(this, 'Task', {
      family: 'nedlia-collector',
      cpu: 256,
      memoryLimitMiB: 512, // 74 MB were in use after 9,000 spans
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64 },
    });
    acknowledge(task, 'AwsSolutions-ECS2', 'CloudFormation-Validate::E1029');
    const configurations = configurationsOf(props);
    const given = configurations.map((name) => [variableOf(name), read(name)] as const);
    task.addContainer('collector', {
      image: ContainerImage.fromRegistry(IMAGE),
      command: given.map(([variable]) => `--config=env:${variable}`),
      environment: { ...Object.fromEntries(given), ...this.settings(props) },
      secrets: this.secrets(props),
      logging: LogDrivers.awsLogs({
        logGroup: this.logGroup,
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
  private settings({ to, endpoint, coralogixDomain }: CollectorProps): Record<string, string> {
    const { region } = Stack.of(this);
    return {
      OTLP_HTTP_ENDPOINT: `0.0.0.0:${OTLP_PORT}`,
      HEALTH_ENDPOINT: `0.0.0.0:${HEALTH_PORT}`,
      GOMEMLIMIT: '400MiB', // four fifths of the task's: Go's collector of garbage works harder before the kernel kills
      ...(to.includes('xray') && {
        AWS_REGION: region,
        XRAY_ENDPOINT: `https://xray.${region}.amazonaws.com/v1/traces`,
      }),
      ...(endpoint && { OTLP_ENDPOINT: endpoint }),
      ...(coralogixDomain && { CORALOGIX_ENDPOINT: `https://ingress.${coralogixDomain}` }),
    };
  }

  /** Fields of the one secret, read by ECS when a task starts: no template and no console shows them. */
  private secrets({ to, secretArn }: CollectorProps): Record<string, EcsSecret> {
    if (!secretArn) return {};
    const secret = Secret.fromSecretCompleteArn(this, 'Secret', secretArn);
    const field = (name: string) => [name, EcsSecret.fromSecretsManager(secret, name)] as const;
    return Object.fromEntries([
      ...(to.includes('otlp') ? [field('OTLP_AUTHORIZATION')] : []),
      ...(to.includes('coralogix') ? [field('CORALOGIX_TOKEN')] : []),
    ]);
  }
}

/** The files of observability/fargate in the order in which they lie on each other. */
const configurationsOf = ({ to, secretArn }: OwnCollector): string[] => [
  'receive',
  ...to.flatMap((backend) => [`to-${backend}`, ...(backend === 'otlp' && secretArn ? ['to-otlp-authorized'] : [])]),
];

/** `to-xray` is handed over as `CONFIGURATION_TO_XRAY`. */
const variableOf = (name: string): string => `CONFIGURATION_${name.toUpperCase().replaceAll('-', '_')}`;

const read = (name: string): string => readFileSync(join(CONFIGURATIONS, `${name}.yaml`), 'utf8');
