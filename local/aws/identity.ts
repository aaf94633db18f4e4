import { ACCOUNT, arnOf } from './account.ts';
import type { Resolve, Resource } from './template.ts';

/**
 * What a resource answers to `Ref` and to each `Fn::GetAtt`. A resource without a physical name has its logical id for one.
 * Throws for a type that has no counterpart on loopback.
 */
export function identify(id: string, resource: Resource, resolve: Resolve, endpoint: string): Record<string, string> {
  const nameFrom = (property: string) =>
    String(resolve(resource.Properties?.[property] ?? id, `Resources.${id}.Properties.${property}`));
  switch (resource.Type) {
    case 'AWS::SQS::Queue': {
      const name = nameFrom('QueueName');
      const url = `${endpoint}/${ACCOUNT}/${name}`;
      return { Ref: url, QueueUrl: url, QueueName: name, Arn: arnOf('sqs', name) };
    }
    case 'AWS::Events::EventBus': {
      const name = nameFrom('Name');
      return { Ref: name, Name: name, Arn: arnOf('events', `event-bus/${name}`) };
    }
    case 'AWS::Events::Rule':
      return { Ref: nameFrom('Name'), Arn: arnOf('events', `rule/${nameFrom('Name')}`) };
    case 'AWS::Lambda::Function':
      return { Ref: nameFrom('FunctionName'), Arn: arnOf('lambda', `function:${nameFrom('FunctionName')}`) };
    case 'AWS::S3::Bucket': {
      const name = nameFrom('BucketName').toLowerCase();
      return { Ref: name, Arn: `arn:aws:s3:::${name}` };
    }
    case 'AWS::ApiGateway::RestApi':
      return { Ref: id.toLowerCase() };
    case 'AWS::ApiGateway::Stage':
      return { Ref: nameFrom('StageName') };
    default:
      throw new Error(`Resources.${id}: nothing on loopback has the identity of a ${resource.Type}`);
  }
}
