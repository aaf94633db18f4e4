import { ACCOUNT, arnOf, REGION } from './account.ts';
import { identify } from './identity.ts';
import type { Plan } from './plan.ts';
import { readers } from './resources.ts';
import { resolver, type Template } from './template.ts';

/** Permissions, log groups, alarms, and the API, which runs from source: they change nothing on loopback. */
const WITHOUT_EFFECT =
  /^AWS::(IAM|Logs|CloudWatch|ApiGateway)::|^AWS::(CDK::Metadata|Lambda::Permission|SQS::QueuePolicy|S3::BucketPolicy)$/;

/**
 * Turns a synthesised template into a plan. Throws, naming the path, on a resource type, a property or an intrinsic function
 * it does not know: better no start than a queue that is not what was written.
 */
export function readPlan(
  template: Template,
  options: { stack: string; assembly: string; endpoint: string; parameters: Record<string, string> },
): Plan {
  const resolve = resolver(template, {
    parameters: options.parameters,
    pseudo: {
      'AWS::Region': REGION,
      'AWS::AccountId': ACCOUNT,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': options.stack,
      'AWS::StackId': arnOf('cloudformation', `stack/${options.stack}/local`),
    },
    identify: (id, resource, resolve) => identify(id, resource, resolve, options.endpoint),
  });

  const plan: Plan = { buses: [], rules: [], queues: [], buckets: [], functions: [], mappings: [], outputs: {} };
  for (const [id, resource] of Object.entries(template.Resources)) {
    if (WITHOUT_EFFECT.test(resource.Type)) continue;
    const path = `Resources.${id}`;
    const read = readers[resource.Type];
    if (!read) throw new Error(`${path}: ${resource.Type} is not known here`);
    if (resource.Condition) throw new Error(`${path}.Condition is not known here`);
    const own = (attribute: string) => identify(id, resource, resolve, options.endpoint)[attribute]!;
    read(plan, { path, resource, resolve, own, assembly: options.assembly });
  }
  for (const [name, { Value }] of Object.entries(template.Outputs ?? {})) {
    plan.outputs[name] = String(resolve(Value, `Outputs.${name}`));
  }
  return plan;
}
