import { bundleOf, type ServiceName } from '../../lib/entries.ts';
import type { Diagnosis } from '../../telemetry/doctor/diagnosis.ts';
import type { ReceivedSpan } from '../collector/otlp.ts';
import type { Called, Sent } from './wire.ts';

/** What one built handler did with its trace. */
export interface BundleCheck {
  /** Its folder below `dist`. */
  bundle: string;
  state: 'ok' | 'failed' | 'skipped';
  /** What was seen to be right, for people. */
  seen: string[];
  diagnosis?: Diagnosis;
}

/** What a handler did, as the wire and the collector saw it. */
export interface Done {
  /** `service.name` of its spans. */
  service: ServiceName;
  /** What it is known to send in this run; each has to have been seen. */
  sends: string[];
  sent: Sent[];
  /** Calls it is known to make. */
  calls: string[];
  called: Called[];
  /** What reached it: of one of these its first span has to be a child. */
  heard: Sent[];
  /** All that arrived, of every service. */
  spans: ReceivedSpan[];
}

const REBUILD = 'run "npm run build"; a bundler of your own must not mark telemetry/ or @opentelemetry/* external';

/** Whether what a handler sent carries the context of the span it should be a child of, and whether its calls are spans. */
export function judge(done: Done): BundleCheck {
  const { service, sends, calls, spans } = done;
  const bundle = bundleOf(service);
  const failed = (cause: string, remedy: string): BundleCheck => ({
    bundle,
    state: 'failed',
    seen: [],
    diagnosis: { cause, remedy },
  });
  const own = spans.filter((span) => span.service === service);
  if (own.length === 0)
    return failed(
      `no span of ${service} arrived: the bundle starts no telemetry, or exports elsewhere`,
      `call startTelemetry in its handler, then ${REBUILD}`,
    );

  const parents = done.heard.map(({ traceparent }) => idsOf(traceparent)?.spanId).filter((id) => id !== undefined);
  if (parents.length > 0 && !own.some(({ parentSpanId }) => parents.includes(parentSpanId ?? '')))
    return failed(
      `${service} began a new trace for ${done.heard[0]?.what}, which carried one`,
      `read it by aws/consume.ts or telemetry/edges, then ${REBUILD}`,
    );

  for (const what of sends) {
    const items = done.sent.filter((item) => item.what === what);
    if (items.length === 0)
      return failed(`${service} did not send what it should: ${what}`, 'look at its log lines: npm start shows them');
    for (const { traceparent } of items) {
      const fault = faultOf(traceparent, own, spans);
      if (fault)
        return failed(
          `${what} went out ${fault}`,
          `send it by aws/bus.ts, aws/queue.ts or telemetry/edges, then ${REBUILD}`,
        );
    }
  }

  for (const what of calls) {
    const count = done.called.filter((call) => call.what === what).length;
    const traced = own.filter((span) => span.name === what && span.kind === 'CLIENT').length;
    if (count > traced)
      return failed(
        `${what} was called ${times(count)}, and ${traced === 0 ? 'no span says' : `only ${traced} spans say`} so`,
        `make the client in aws/clients.ts (traceAwsClient), then ${REBUILD}`,
      );
  }

  const seen = [...sends.map((what) => `${what} carries its span`), ...calls.map((what) => `${what} is a span`)];
  return { bundle, state: 'ok', seen: [...seen, `${own.length} ${own.length === 1 ? 'span' : 'spans'} exported`] };
}

/** What is wrong with a context on the wire; `undefined` for nothing. */
function faultOf(traceparent: string | undefined, own: ReceivedSpan[], all: ReceivedSpan[]): string | undefined {
  const { traceId, spanId } = idsOf(traceparent) ?? {};
  if (!traceparent) return 'without a context: it was bundled without the code that writes it';
  if (!traceId) return 'with a context that is none';
  const span = own.find((one) => one.spanId === spanId && one.traceId === traceId);
  if (!span) return 'with the context of a span that its function did not export';
  if (span.kind !== 'PRODUCER' && span.kind !== 'CLIENT')
    return `with the context of "${span.name}", which is no span of a sending`;
  if (!all.some((one) => one.spanId === span.parentSpanId && one.traceId === traceId))
    return `with the context of "${span.name}", which hangs below nothing`;
  return undefined;
}

function idsOf(traceparent: string | undefined): { traceId: string; spanId: string } | undefined {
  const [, traceId, spanId] = /^00-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}$/.exec(traceparent ?? '') ?? [];
  return traceId && spanId ? { traceId, spanId } : undefined;
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
