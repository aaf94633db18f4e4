/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { Cluster, FargateService, type ICluster } from 'aws-cdk-lib/aws-ecs';
import { NetworkLoadBalancer, type NetworkTargetGroup, Protocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledged.ts';
import type { OwnCollector } from './choices.ts';
import { HEALTH_PORT, OTLP_PORT, openPath, type SecurityGroups } from './collector-network.ts';
import { CONTAINER, collectorTask } from './collector-task.ts';
import type { Database } from './database.ts';
import { stageOf, type StageName } from './stages.ts';

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
      taskDefinition: collectorTask(this, { ...props, logGroup: this.logGroup }),
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
      targets: [service.loadBalancerTarget({ containerName: CONTAINER, containerPort: OTLP_PORT })],
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
}
