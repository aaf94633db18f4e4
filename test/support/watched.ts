/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { LambdaRestApi } from 'aws-cdk-lib/aws-apigateway';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { service } from '../../events/catalogue.ts';
import { Operations, type OperationsProps } from '../../lib/operations.ts';
import { aFolder } from './folder.ts';

/** A template of functions and queues with the pipeline's names, watched as a stage is. */
export function aWatchedStack(options: Pick<OperationsProps, 'alarms' | 'alarmEmail'>): Template {
  const app = new App({ outdir: aFolder(), analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'watched');
  const aFunction = (name: string) => {
    const logGroup = new LogGroup(stack, `${name}-logs`, { logGroupName: `/aws/lambda/${name}` });
    const code = Code.fromInline('exports.handler = () => {}');
    const runtime = Runtime.NODEJS_24_X;
    const made = new Function(stack, name, { functionName: name, code, runtime, handler: 'index.handler', logGroup });
    return { service: name, function: made, logGroup };
  };
  const aWorker = (name: string) => ({
    ...aFunction(name),
    queue: new Queue(stack, `${name}-queue`, { queueName: name }),
    deadLetterQueue: new Queue(stack, `${name}-dlq`, { queueName: `${name}-dlq` }),
  });
  const api = aFunction(service.api);
  new Operations(stack, 'Operations', {
    api: { ...api, gateway: new LambdaRestApi(stack, 'Gateway', { handler: api.function }) },
    relay: aWorker(service.relay),
    consumers: [service.fileGenerator, service.validator, service.notifier].map(aWorker),
    undelivered: new Queue(stack, 'undelivered', { queueName: 'nedlia-undelivered-dlq' }),
    ...options,
  });
  return Template.fromStack(stack);
}
