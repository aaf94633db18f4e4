import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  GatewayVpcEndpointAwsService,
  IpProtocol,
  type ISecurityGroup,
  type IVpc,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledged.ts';
import type { Aurora } from './stages.ts';

export interface DatabaseProps {
  aurora: Aurora;
  keepsData: boolean;
  /** Whether its network has a way out by IPv4: a NAT gateway, in public subnets of which nothing else makes use. */
  nat: boolean;
}

/** The user the functions sign in as, by IAM, and the database's name. */
const USER = 'nedlia';
const OWNER = 'nedlia_owner';

/**
 * Aurora PostgreSQL that pauses to nothing, in a network that costs nothing: unless NAT is asked for there is none, there is no interface endpoint, what runs
 * in it reaches AWS by IPv6 through an egress-only gateway, and nobody from outside reaches in (docs/decisions/0011).
 */
export class Database extends Construct {
  /** `postgres://…?auth=iam`: whoever signs in makes a token from its own credentials. */
  readonly url: string;
  readonly vpc: IVpc;
  /** What has it may open sessions. It lies beside the database: the other way round, the two stacks would need each other. */
  readonly clients: ISecurityGroup;
  /** Name and password of the schema's owner, kept and rotated by RDS; for migrations alone. */
  readonly ownerSecret: ISecret;
  private readonly cluster: DatabaseCluster;

  constructor(scope: Construct, id: string, { aurora, keepsData, nat }: DatabaseProps) {
    super(scope, id);

    const vpc = new Vpc(this, 'Vpc', {
      ipProtocol: IpProtocol.DUAL_STACK,
      maxAzs: 2, // the least Aurora takes
      natGateways: nat ? 1 : 0, // one for both zones: what it carries can wait for it to come back
      createInternetGateway: nat,
      restrictDefaultSecurityGroup: false, // nothing is in it, and emptying it takes a custom resource with rights on every group
      subnetConfiguration: [
        { name: 'Functions', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
        { name: 'Database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
        // Last, so that the other subnets keep their addresses when it comes and goes.
        ...(nat ? [{ name: 'Nat', subnetType: SubnetType.PUBLIC, cidrMask: 28, mapPublicIpOnLaunch: false }] : []),
      ],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    acknowledge(vpc, 'AwsSolutions-VPC7');
    this.vpc = vpc as IVpc; // its optional members are typed without `undefined`, which exactOptionalPropertyTypes minds

    this.clients = new SecurityGroup(this, 'Clients', {
      vpc: this.vpc,
      description: 'Functions that use the database',
      allowAllIpv6Outbound: true, // AWS, by the egress-only gateway
    });

    this.cluster = new DatabaseCluster(this, 'Cluster', {
      engine: DatabaseClusterEngine.auroraPostgres({
        version: AuroraPostgresEngineVersion.VER_17_9, // transaction_timeout came with 17, pausing to nothing with 16.3
      }),
      parameters: { 'rds.force_ssl': '1' },
      defaultDatabaseName: USER,
      credentials: Credentials.fromUsername(OWNER),
      manageMasterUserPassword: true,
      iamAuthentication: true,
      writer: ClusterInstance.serverlessV2('Writer', { publiclyAccessible: false }),
      serverlessV2MinCapacity: 0,
      serverlessV2AutoPauseDuration: Duration.minutes(aurora.pausesAfter),
      serverlessV2MaxCapacity: aurora.mostCapacity,
      vpc: this.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      storageEncrypted: true,
      backup: { retention: Duration.days(aurora.backupDays) },
      copyTagsToSnapshot: true,
      deletionProtection: keepsData,
      // A cluster that stays would keep its network from being deleted; a snapshot holds the same data.
      removalPolicy: keepsData ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
    if (!keepsData) acknowledge(this.cluster, 'AwsSolutions-RDS10');
    this.cluster.connections.allowFrom(this.clients, Port.tcp(5432), 'functions');

    const secret = this.cluster.secret;
    if (!secret) throw new Error('RDS manages no password');
    this.ownerSecret = secret;
    const { hostname } = this.cluster.clusterEndpoint;
    this.url = `postgres://${USER}@${hostname}:5432/${USER}?auth=iam`;
  }

  /** Lets it sign in as the functions' user. */
  admit(grantee: IGrantable): void {
    this.cluster.grantConnect(grantee, USER);
  }

  /** Lets it sign in as the schema's owner: by the secret, and by IAM, which is the only way once there is an IAM user (owner.ts). */
  admitAsOwner(grantee: IGrantable): void {
    this.ownerSecret.grantRead(grantee);
    this.cluster.grantConnect(grantee, OWNER);
  }
}
