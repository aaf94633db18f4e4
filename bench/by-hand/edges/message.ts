import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type * as real from '../../../telemetry/edges/message.ts';

/** What the semantic conventions' examples do for a message: extract, start a CONSUMER span, run the work in it, end it. */
export const traceMessage: typeof real.traceMessage = ({ carried, arrival }, { queue }, work) => {
  const parent = propagation.extract(ROOT_CONTEXT, carried ?? {});
  const options = {
    kind: SpanKind.CONSUMER,
    attributes: {
      'messaging.system': 'aws_sqs',
      'messaging.destination.name': queue,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.message.id': arrival.messageId ?? '',
    },
  };
  return context.with(parent, () =>
    trace.getTracer('by-hand').startActiveSpan(`process ${queue}`, options, async (span) => {
      try {
        return await work(
          () => span.setStatus({ code: SpanStatusCode.ERROR }),
          () => {},
        );
      } finally {
        span.end();
      }
    }),
  );
};
