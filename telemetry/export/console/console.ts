import type { HrTime } from '@opentelemetry/api';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Environment } from '../../settings/variables.ts';
import type { TraceExporter } from '../exporters.ts';
import type { TreeSpan } from './tree.ts';
import { renderTree } from './tree.ts';

/** Where the console exporter writes: standard output, unless a test says otherwise. */
export interface Terminal {
  isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Spans that may wait for the rest of their trace; beyond that what is there is shown. */
const MOST_HELD = 2000;

/**
 * Writes spans for people: on a terminal each trace as a tree, as soon as the span by which it came into this process has
 * ended; anywhere else one JSON line per span.
 */
export function consoleExporter(env: Environment, terminal: Terminal = process.stdout): TraceExporter {
  const colour = !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  let held: ReadableSpan[] = [];

  const show = (spans: ReadableSpan[]): void => {
    for (const trace of Map.groupBy(spans, (span) => span.spanContext().traceId).values()) {
      terminal.write(`${renderTree(trace.map(treeSpan), { colour })}\n\n`);
    }
  };
  const showWhole = (): void => {
    const rooted = new Set(held.filter(isLocalRoot).map((span) => span.spanContext().traceId));
    const isWhole = (span: ReadableSpan) => held.length > MOST_HELD || rooted.has(span.spanContext().traceId);
    const [whole, rest] = [held.filter(isWhole), held.filter((span) => !isWhole(span))];
    held = rest;
    show(whole);
  };

  return {
    export: (spans, done) => {
      if (terminal.isTTY) {
        held.push(...spans);
        showWhole();
      } else {
        terminal.write(spans.map((span) => `${JSON.stringify(jsonSpan(span))}\n`).join(''));
      }
      done({ code: 0 });
    },
    shutdown: async () => {
      show(held);
      held = [];
    },
  };
}

const isLocalRoot = ({ parentSpanContext }: ReadableSpan): boolean =>
  parentSpanContext === undefined || parentSpanContext.isRemote === true;

function treeSpan(span: ReadableSpan): TreeSpan {
  return {
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    name: span.name,
    kind: SpanKind[span.kind],
    attributes: span.attributes,
    service: String(span.resource.attributes['service.name'] ?? ''),
    startMs: milliseconds(span.startTime),
    endMs: milliseconds(span.endTime),
    status: { code: SpanStatusCode[span.status.code] },
  };
}

/** Names as in our log lines, so that both can be searched by `trace_id`. */
function jsonSpan(span: ReadableSpan): Record<string, unknown> {
  const { traceId, spanId } = span.spanContext();
  const { code, message } = span.status;
  return {
    span: span.name,
    trace_id: traceId,
    span_id: spanId,
    parent_span_id: span.parentSpanContext?.spanId,
    kind: SpanKind[span.kind],
    status: SpanStatusCode[code],
    status_message: message,
    start: new Date(milliseconds(span.startTime)).toISOString(),
    duration_ms: milliseconds(span.duration),
    attributes: span.attributes,
    events: span.events.map(({ name, time, attributes }) => ({
      name,
      time: new Date(milliseconds(time)).toISOString(),
      attributes,
    })),
    links: span.links.map(({ context, attributes }) => ({
      trace_id: context.traceId,
      span_id: context.spanId,
      attributes,
    })),
    resource: span.resource.attributes,
  };
}

const milliseconds = ([seconds, nanoseconds]: HrTime): number => seconds * 1e3 + Math.round(nanoseconds / 1e3) / 1e3;
