import type { SpanContext } from '@opentelemetry/api';
import { context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { name } from '../attributes.ts';
import { recordFailure } from '../safe/failure.ts';
import { startSpan } from '../tracer.ts';

/** One call of a function by Lambda: what the spans of its messages point at. */
export interface Invocation {
  readonly span: SpanContext;
}

/** What Lambda says about a call; a subset of its context object, of which a call by hand may leave out anything. */
export interface LambdaContextLike {
  functionName?: string | undefined;
  awsRequestId?: string | undefined;
  invokedFunctionArn?: string | undefined;
}

/** What it was called for. */
export interface Batch {
  queue: string;
  messages: number;
}

let cold = true;

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
        [name.coldStart]: cold,
        ...(lambda.awsRequestId && { [name.invocationId]: lambda.awsRequestId }),
        ...(lambda.invokedFunctionArn && { [name.cloudResourceId]: lambda.invokedFunctionArn }),
        [name.messagingSystem]: 'aws.sqs',
        [name.destination]: queue,
        [name.batchMessageCount]: messages,
      },
    },
    ROOT_CONTEXT,
  );
  cold = false;
  try {
    return await context.with(trace.setSpan(ROOT_CONTEXT, span), () => work({ span: span.spanContext() }));
  } catch (error) {
    recordFailure(span, error);
    throw error;
  } finally {
    span.end();
  }
}
