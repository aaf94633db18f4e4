import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What cdk-nag finds and we mean to keep, each with its reason. Whatever it finds beyond this stops the synthesis. */
const reasons = {
  'AwsSolutions-S1':
    'Who wrote a file is in its trace and nobody reads one through the bucket: access logs would need a second bucket to say the same.',
  'AwsSolutions-SQS3': 'It is a dead-letter queue: the queues and rules that use it are in the other stack.',
  'AwsSolutions-VPC7':
    'Nothing outside can open a connection into the network, which has no internet gateway; flow logs would cost more than all the rest of it.',
  'AwsSolutions-RDS10': 'A stage whose data may be destroyed has to be destroyable.',
  'AwsSolutions-SMG4':
    'Whoever receives webhooks has to learn a new secret before it is used, so a person rotates it: docs/deploy.md.',
  'AwsSolutions-APIG1': 'Stage local: LocalStack alone serves it.',
  'AwsSolutions-APIG2':
    'The function checks each request against its schema and answers which field is wrong, as a problem.',
  'AwsSolutions-APIG3':
    'Callers are limited in rate and signed by IAM: a firewall would cost more than an idle stage as a whole.',
  'AwsSolutions-APIG4': 'Open by choice: stage local, and stages deployed with apiOpen, which warn of it.',
  'AwsSolutions-APIG6':
    'Access log and traces say what happened; execution logs would keep requests in a log group without retention that outlives the stack.',
  'AwsSolutions-ECS2':
    'Its variables are addresses and the configuration of this repository; what is secret comes from Secrets Manager.',
  'AwsSolutions-ECS4': 'One service with two alarms of its own: Container Insights would cost more than a task.',
  'AwsSolutions-ELB2':
    'Who sent what is in the traces themselves; access logs of a TCP listener say nothing, as it has no TLS.',
  'CloudFormation-Validate::E1029':
    'What looks like a parameter of CloudFormation is one of the Collector, which reads its configuration itself.',
  'AwsSolutions-COG4': 'Callers are services that sign by IAM, not persons with an account in a user pool.',
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AWSXRayDaemonWriteAccess]':
    'X-Ray knows no resources; the policy only lets segments be written, and sampling rules be read.',
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AWSXrayWriteOnlyAccess]':
    'X-Ray knows no resources; the policy only lets spans be written, and sampling rules be read.',
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
    'A setting of the account: API Gateway refuses a role without this policy.',
} as const;

/** Keeps these findings on one construct and what is inside it. */
export function acknowledge(construct: IConstruct, ...ids: (keyof typeof reasons)[]): void {
  for (const id of ids) Validations.of(construct).acknowledge({ id, reason: reasons[id] });
}

/** A permission whose resource is not one thing with a name. */
export interface Wildcard {
  actions: readonly string[];
  resource: string;
  reason: string;
}

/** Every such permission there is; a test compares this list with the templates. */
export const wildcards = {
  network: {
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resource: '*',
    reason:
      'Lambda itself, with the role of a function in a network, makes interfaces that have no name before; describing has no resource at all.',
  },
  files: {
    actions: ['s3:PutObject'],
    resource: 'bucket/placements/*',
    reason: 'Each placement has a file of its own: the file-generator writes below this prefix and nowhere else.',
  },
  migrate: {
    actions: ['lambda:InvokeFunction'],
    resource: 'function nedlia-migrate:*',
    reason: 'A grant of CDK covers the versions of the one function it is for.',
  },
} as const satisfies Record<string, Wildcard>;

/** Keeps one such permission on one role, as cdk-nag names its resource. */
export function acknowledgeWildcard(construct: IConstruct, which: keyof typeof wildcards, resource: string): void {
  const id = `AwsSolutions-IAM5[Resource::${resource}]`;
  Validations.of(construct).acknowledge({ id, reason: wildcards[which].reason });
}
