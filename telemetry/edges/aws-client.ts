import type { Attributes, Context, Span } from '@opentelemetry/api';
import { context, createContextKey, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { name, own } from '../attributes.ts';
import { recordFailure } from '../safe/failure.ts';
import { fields } from '../safe/fields.ts';
import { startSpan } from '../tracer.ts';

interface Called {
  output?: unknown;
}
type Handler = (call: { input: object }) => Promise<Called>;
interface Call {
  commandName?: string;
  endpointV2?: { url: URL };
}

/** The public seams of an SDK v3 client that the edge holds on to. */
export interface AwsClientLike {
  config: { serviceId?: string; region: string | (() => Promise<string>) };
  middlewareStack: {
    add(
      middleware: (next: Handler, call: Call) => Handler,
      options: { step: 'initialize'; priority: 'high'; name: string },
    ): void;
  };
}

/** Each of their entries has its own PRODUCER span (`edges/send.ts`); a second span for the call would only repeat it. */
const SENDS = new Set(['PutEvents', 'SendMessage', 'SendMessageBatch']);

const UNTRACED = createContextKey('telemetry: AWS calls make no span');

/** Runs work whose AWS calls are bookkeeping nobody looks for in a trace, such as a changed visibility. */
export const untraced = <T>(work: () => T): T => context.with(context.active().setValue(UNTRACED, true), work);

/**
 * Gives every command of a client that is not a send its CLIENT span, `S3.PutObject`. At `initialize` it runs once per
 * command, whatever the retries, and sees plain input and parsed output; it changes neither.
 * @see https://opentelemetry.io/docs/specs/semconv/cloud-providers/aws-sdk/
 */
export function traceAwsClient<C extends AwsClientLike>(client: C): C {
  client.middlewareStack.add((next, call) => (args) => traceCall(client, call, args, next), {
    step: 'initialize',
    priority: 'high',
    name: 'telemetry',
  });
  return client;
}

async function traceCall(client: AwsClientLike, call: Call, args: { input: object }, next: Handler): Promise<Called> {
  const method = call.commandName?.replace(/Command$/, '') ?? 'Unknown';
  const active: Context = context.active();
  if (SENDS.has(method) || active.getValue(UNTRACED)) return next(args);
  const service = client.config.serviceId?.replaceAll(' ', '') ?? 'AWS';
  const span = startSpan(`${service}.${method}`, {
    kind: SpanKind.CLIENT,
    attributes: {
      [name.rpcSystem]: 'aws-api',
      [name.rpcService]: service,
      [name.rpcMethod]: method,
      ...about(service, args.input),
    },
  });
  try {
    const answer = await context.with(trace.setSpan(active, span), () => next(args));
    span.setAttributes({ ...metadata(fields(answer.output)['$metadata']), ...received(method, answer.output) });
    const refused = refusal(answer.output);
    if (refused) {
      span.setAttribute(name.errorType, refused);
      span.setStatus({ code: SpanStatusCode.ERROR, message: `refused: ${refused}` });
    }
    return answer;
  } catch (error) {
    span.setAttributes(metadata(fields(error)['$metadata']));
    mark(span, args.input, error);
    throw error;
  } finally {
    span.setAttributes(await place(client, call));
    span.end();
  }
}

function about(service: string, input: object): Attributes {
  const { Bucket: bucket, Key: key, QueueUrl: queueUrl, EventBusName: bus } = fields(input);
  return {
    ...(typeof bucket === 'string' && { [name.bucket]: bucket }),
    ...(typeof key === 'string' && service === 'S3' && { [name.key]: key }),
    ...(service === 'SQS' && { [name.messagingSystem]: 'aws.sqs' }),
    ...(typeof queueUrl === 'string' && {
      [name.destination]: queueUrl.slice(queueUrl.lastIndexOf('/') + 1),
      [name.queueUrl]: queueUrl,
    }),
    ...(typeof bus === 'string' && { [name.messagingSystem]: 'aws.eventbridge', [name.destination]: bus }),
  };
}

/** Of a receive; what it brings is processed elsewhere, each under its own span. */
const received = (method: string, output: unknown): Attributes => {
  if (method !== 'ReceiveMessage') return {};
  const { Messages: messages } = fields(output);
  return { [name.operationType]: 'receive', [name.batchMessageCount]: Array.isArray(messages) ? messages.length : 0 };
};

function metadata(value: unknown): Attributes {
  const { requestId, extendedRequestId, httpStatusCode, attempts } = fields(value);
  return {
    ...(typeof requestId === 'string' && { [name.awsRequestId]: requestId }),
    ...(typeof extendedRequestId === 'string' && { [name.awsExtendedRequestId]: extendedRequestId }),
    ...(typeof httpStatusCode === 'number' && { [name.httpStatus]: httpStatusCode }),
    ...(typeof attempts === 'number' && attempts > 1 && { [name.resendCount]: attempts - 1 }),
  };
}

/** A batch answers 200 also when it refused some entries: the first one's code, or `undefined`. */
function refusal(output: unknown): string | undefined {
  const { Failed: failed, FailedEntries: entries, Errors: errors, FailedEntryCount: count } = fields(output);
  const first = fields([failed, entries, errors].find((list) => Array.isArray(list) && list.length > 0));
  const { Code: code, ErrorCode: errorCode } = fields(first['0']);
  if (typeof code === 'string') return code;
  if (typeof errorCode === 'string') return errorCode;
  return typeof count === 'number' && count > 0 ? 'FailedEntry' : undefined;
}

/** `If-None-Match: *` asks for exactly this answer: an object that is there already is a success by construction. */
function mark(span: Span, input: object, error: unknown): void {
  const existed = fields(fields(error)['$metadata'])['httpStatusCode'] === 412 && 'IfNoneMatch' in input;
  if (existed) span.setAttribute(own.objectExisted, true);
  else recordFailure(span, error);
}

/** Known only after the call: the endpoint is resolved further down the stack. */
async function place({ config }: AwsClientLike, { endpointV2 }: Call): Promise<Attributes> {
  const region = typeof config.region === 'string' ? config.region : await config.region().catch(() => undefined);
  const port = Number(endpointV2?.url.port);
  return {
    ...(region && { [name.cloudRegion]: region }),
    ...(endpointV2 && { [name.serverAddress]: endpointV2.url.hostname }),
    ...(port && { [name.serverPort]: port }),
  };
}
