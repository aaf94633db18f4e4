import type { Attributes, HrTime, SpanContext } from '@opentelemetry/api';
import { createTraceState, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { namesBackend, resolveAliases } from '../settings/aliases.ts';
import { type Environment, watchReaders } from '../settings/variables.ts';
import { createBreaker } from './breaker.ts';
import type { ExporterFactories } from './exporters.ts';
import { NOBODY_WAITS_MS, WORK_WAITS_MS } from './limits.ts';
import { makeExporters } from './make.ts';
import type { QueueStatus } from './queue.ts';
import { createQueue } from './queue.ts';

/** A span that another process has ended, as plain data. Times in milliseconds since 1970. */
export interface ForeignSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  traceState: string | undefined;
  name: string;
  /** Of `SpanKind`, in capitals. */
  kind: string;
  resource: Record<string, unknown>;
  attributes: Record<string, unknown>;
  startMs: number;
  endMs: number;
  status: { code: string; message?: string };
  events: { name: string; timeMs: number; attributes: Record<string, unknown> }[];
  links: { traceId: string; spanId: string; attributes: Record<string, unknown> }[];
}

/** The way of other processes' spans to the backends of this one. */
export interface Forwarding {
  /** Names as in `OTEL_TRACES_EXPORTER`. */
  exporters: string[];
  /** What was wrong with the variables, and what is done instead: a variable, and what a warning says of it. */
  problems: string[];
  forward(spans: ForeignSpan[]): void;
  /** What became of them, of each exporter. */
  status(): QueueStatus[];
  /** Sends what waits, or gives up after 2.5 s. */
  flush(): Promise<void>;
  /** The same, and ends. */
  shutdown(): Promise<void>;
}

const EVERY_MS = 20;
const MOST = 10_000;

/**
 * Sends the spans that a collector of ours has received on to every backend the environment names, by the exporters a program's
 * own spans go by: the same variables, warnings and limits. `undefined` where the environment names none; where none could be
 * made of what it names, there is only what was wrong.
 */
export function openForwarding(given: Environment, factories: ExporterFactories): Forwarding | undefined {
  const problems: string[] = [];
  const limits = { most: NOBODY_WAITS_MS, isFunction: false };
  const all = watchReaders(
    ({ variable, problem }) => problem && problems.push(`${variable} ${problem}`),
    () => {
      const env = resolveAliases(given);
      return namesBackend(env) ? makeExporters(env, factories, limits) : undefined;
    },
  );
  if (!all) return undefined;
  // Whoever has the spans shows them to people himself, and whole.
  const made = all.exporters.filter(({ name }) => name !== 'console');
  if (made.length === 0 && problems.length === 0) return undefined;
  const { timeoutMillis } = all;
  const queues = made.map((named) =>
    // The first failure is said: a person sits before it.
    createQueue(named, { most: MOST, everyMs: EVERY_MS, timeoutMillis, breaker: createBreaker(Date.now, 1) }),
  );
  // One flush of a queue waits half a second, as work would; here nobody's work waits, and an export has its whole time.
  const flush = async () => {
    for (let round = 0; round * WORK_WAITS_MS <= NOBODY_WAITS_MS; round++)
      await Promise.all(queues.map((queue) => queue.flush()));
  };
  return {
    exporters: made.map(({ name }) => name),
    problems,
    forward: (spans) => {
      for (const span of readable(spans)) for (const queue of queues) queue.onEnd(span);
    },
    status: () => queues.map((queue) => queue.status()),
    flush,
    shutdown: async () => {
      await flush();
      await Promise.all(queues.map((queue) => queue.shutdown()));
    },
  };
}

const TRACE_ID = /^[0-9a-f]{32}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
const SCOPE = { name: 'nedlia-telemetry' };

/** As the exporters read spans; one whose ids are none is left out. Spans of one resource share it. */
function readable(spans: ForeignSpan[]): ReadableSpan[] {
  const resources = new Map<object, ReadableSpan['resource']>();
  return spans
    .filter(
      ({ traceId, spanId, parentSpanId }) =>
        TRACE_ID.test(traceId) && SPAN_ID.test(spanId) && (!parentSpanId || SPAN_ID.test(parentSpanId)),
    )
    .map((span) => {
      const resource = resources.get(span.resource) ?? resourceFromAttributes(span.resource as Attributes);
      resources.set(span.resource, resource);
      return readableOf(span, resource);
    });
}

function readableOf(span: ForeignSpan, resource: ReadableSpan['resource']): ReadableSpan {
  const { traceId, spanId, parentSpanId, traceState, kind, status } = span;
  const entered = kind === 'SERVER' || kind === 'CONSUMER';
  return {
    name: span.name,
    kind: SpanKind[kind as keyof typeof SpanKind] ?? SpanKind.INTERNAL,
    spanContext: () => ({
      ...sampled(traceId, spanId),
      ...(traceState && { traceState: createTraceState(traceState) }),
    }),
    ...(parentSpanId && { parentSpanContext: { ...sampled(traceId, parentSpanId), isRemote: entered } }),
    startTime: time(span.startMs),
    endTime: time(span.endMs),
    duration: time(span.endMs - span.startMs),
    ended: true,
    status: { ...status, code: SpanStatusCode[status.code as keyof typeof SpanStatusCode] ?? SpanStatusCode.UNSET },
    attributes: span.attributes as Attributes,
    events: span.events.map(({ name, timeMs, attributes }) => ({
      name,
      time: time(timeMs),
      attributes: attributes as Attributes,
    })),
    links: span.links.map(({ attributes, ...context }) => ({
      context: sampled(context.traceId, context.spanId),
      attributes: attributes as Attributes,
    })),
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

const sampled = (traceId: string, spanId: string): SpanContext => ({ traceId, spanId, traceFlags: 1 });

function time(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)];
}
