import type { Attributes, SpanContext } from '@opentelemetry/api';
import { context, createContextKey, SpanKind, trace } from '@opentelemetry/api';
import { name } from '../attributes.ts';
import { recordFailure } from '../safe/failure.ts';
import { startSpan } from '../tracer.ts';
import { ROOT } from '../carry/root.ts';

/** One call of a function by Lambda: what the spans of its messages point at. */
export interface Invocation {
  readonly span: SpanContext;
}

/** What Lambda says about a call; a subset of its context object, of which a call by hand may leave out anything. */
export interface LambdaContextLike {
  functionName?: string | undefined;
  awsRequestId?: string | undefined;
  invokedFunctionArn?: string | undefined;
  getRemainingTimeInMillis?: (() => number) | undefined;
}

/** What it was called for. */
export interface Batch {
  queue: string;
  messages: number;
}

/** Of this process. Compared, not counted: several edges may describe one invocation. */
let first: LambdaContextLike | undefined;

/** What is said of a call of a function by Lambda, `faas.trigger` excepted. */
export function describeInvocation(lambda: LambdaContextLike): Attributes {
  first ??= lambda;
  return {
    [name.coldStart]: lambda === first,
    ...(lambda.awsRequestId && { [name.invocationId]: lambda.awsRequestId }),
    ...(lambda.invokedFunctionArn && { [name.cloudResourceId]: lambda.invokedFunctionArn }),
  };
}

const INVOCATION = createContextKey('nedlia-telemetry invocation');

/** Runs work knowing the invocation it is for, where what answers it does not see Lambda's context: the API behind its adapter. */
export const withInvocation = <T>(lambda: LambdaContextLike, work: () => T): T =>
  context.with(context.active().setValue(INVOCATION, lambda), work);

/** What the span of a request says of the invocation that brought it; nothing in a server. */
export function describeActiveInvocation(): Attributes | undefined {
  const lambda = context.active().getValue(INVOCATION) as LambdaContextLike | undefined;
  return lambda && { [name.faasTrigger]: 'http', ...describeInvocation(lambda) };
}

/**
 * Wraps one invocation in a SERVER span that is a root of its own: a batch belongs to as many traces as it has messages,
 * so this span has no parent and no links, and must not become the parent of any message.
 * @see https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/
 */
export async function traceInvocation<T>(
  lambda: LambdaContextLike,
  { queue, messages }: Batch,
  work: (invocation: Invocation) => Promise<T>,
): Promise<T> {
  const span = startSpan(
    lambda.functionName ?? queue,
    {
      kind: SpanKind.SERVER,
      attributes: {
        [name.faasTrigger]: 'pubsub',
        ...describeInvocation(lambda),
        [name.messagingSystem]: 'aws.sqs',
        [name.destination]: queue,
        [name.batchMessageCount]: messages,
      },
    },
    ROOT,
  );
  try {
    return await context.with(trace.setSpan(ROOT, span), () => work({ span: span.spanContext() }));
  } catch (error) {
    recordFailure(span, error);
    throw error;
  } finally {
    span.end();
  }
}
