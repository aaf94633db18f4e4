import { ACCOUNT, arnOf, REGION } from './account.ts';
import { identify } from './identity.ts';
import type { Plan } from './plan.ts';
import { readers } from './resources.ts';
import { resolver, type Template } from './template.ts';

/**
 * Permissions, log groups, alarms, the API, which runs from source, and what CloudFormation calls once at a deployment (`npm start`
 * migrates itself): they change nothing on loopback.
 */
const WITHOUT_EFFECT =
  /^AWS::(IAM|Logs|CloudWatch|ApiGateway|CloudFormation)::|^AWS::(CDK::Metadata|Lambda::Permission|SQS::QueuePolicy|S3::BucketPolicy)$/;

interface Surroundings {
  assembly: string;
  endpoint: string;
  parameters: Record<string, string>;
}

/**
 * Turns the synthesised templates of stacks into one plan, in the order of deployment: a stack may import what those before it
 * export. Of the functions there are those that a queue feeds; nothing else on loopback calls one.
 */
export function readPlans(stacks: { name: string; template: Template }[], surroundings: Surroundings): Plan {
  const whole = emptyPlan();
  for (const { name, template } of stacks) {
    const plan = readPlan(template, { ...surroundings, stack: name, exports: whole.exports });
    for (const part of ['buses', 'rules', 'queues', 'buckets', 'functions', 'mappings'] as const) {
      (whole[part] as unknown[]).push(...plan[part]);
    }
    Object.assign(whole.outputs, plan.outputs);
    Object.assign(whole.exports, plan.exports);
  }
  const fed = new Set(whole.mappings.map((mapping) => mapping.function));
  return { ...whole, functions: whole.functions.filter(({ name }) => fed.has(name)) };
}

/**
 * Turns a synthesised template into a plan. Throws, naming the path, on a resource type, a property or an intrinsic function
 * it does not know: better no start than a queue that is not what was written.
 */
export function readPlan(
  template: Template,
  options: Surroundings & { stack: string; exports?: Record<string, string> },
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
    exports: options.exports ?? {},
    identify: (id, resource, resolve) => identify(id, resource, resolve, options.endpoint),
  });

  const plan = emptyPlan();
  for (const [id, resource] of Object.entries(template.Resources)) {
    if (WITHOUT_EFFECT.test(resource.Type)) continue;
    const path = `Resources.${id}`;
    const read = readers[resource.Type];
    if (!read) throw new Error(`${path}: ${resource.Type} is not known here`);
    if (resource.Condition) throw new Error(`${path}.Condition is not known here`);
    const own = (attribute: string) => identify(id, resource, resolve, options.endpoint)[attribute]!;
    read(plan, { path, resource, resolve, own, assembly: options.assembly });
  }
  for (const [name, { Value, Export }] of Object.entries(template.Outputs ?? {})) {
    const value = String(resolve(Value, `Outputs.${name}`));
    if (Export) plan.exports[String(resolve(Export.Name, `Outputs.${name}.Export`))] = value;
    else plan.outputs[name] = value;
  }
  return plan;
}

const emptyPlan = (): Plan => ({
  buses: [],
  rules: [],
  queues: [],
  buckets: [],
  functions: [],
  mappings: [],
  outputs: {},
  exports: {},
});
