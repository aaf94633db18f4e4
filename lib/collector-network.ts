import { type ISecurityGroup, type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

export const OTLP_PORT = 4318;
export const HEALTH_PORT = 13_133;

export interface SecurityGroups {
  /** Of functions that are in the network for the Collector alone: they reach out, and nobody reaches them. */
  senders: ISecurityGroup;
  balancer: ISecurityGroup;
  tasks: ISecurityGroup;
}

export interface PathProps {
  vpc: IVpc;
  /** Of functions that use the database. */
  clients: ISecurityGroup;
  /** A backend that is not on port 443. */
  endpoint: string | undefined;
}

/** The one path there is: functions → load balancer → tasks → backends and the image's registry, each step on its port alone. */
export function openPath(scope: Construct, { vpc, clients, endpoint }: PathProps): SecurityGroups {
  const closed = (id: string, description: string) =>
    new SecurityGroup(scope, id, { vpc, description, allowAllOutbound: false });
  const balancer = closed('BalancerGroup', 'Takes spans of functions for the Collector');
  const tasks = closed('TaskGroup', 'The Collector');
  const senders = new SecurityGroup(scope, 'SenderGroup', {
    vpc,
    description: 'Functions that do not use the database',
    allowAllIpv6Outbound: true, // AWS, by the egress-only gateway; webhooks by IPv4 as well
  });

  // Groups as such and not by their ids: rules of their own then, where two groups would otherwise each need the other first.
  for (const group of [clients, senders]) balancer.addIngressRule(group, Port.tcp(OTLP_PORT), 'spans');
  for (const [port, what] of [[OTLP_PORT, 'spans'] as const, [HEALTH_PORT, 'health'] as const]) {
    balancer.addEgressRule(tasks, Port.tcp(port), what);
    tasks.addIngressRule(balancer, Port.tcp(port), what);
  }
  for (const port of new Set([443, portOf(endpoint)])) {
    tasks.addEgressRule(Peer.anyIpv4(), Port.tcp(port), 'backends, registry of the image, AWS');
  }
  return { senders, balancer, tasks };
}

function portOf(endpoint: string | undefined): number {
  if (endpoint === undefined) return 443;
  const { port, protocol } = new URL(endpoint);
  return port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
}
