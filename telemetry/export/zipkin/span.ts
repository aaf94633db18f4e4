import type { Attributes, HrTime } from '@opentelemetry/api';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** A span as Zipkin's API v2 takes it; times in microseconds. */
export interface ZipkinSpan {
  traceId: string;
  id: string;
  parentId: string | undefined;
  name: string;
  kind: 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER' | undefined;
  timestamp: number;
  duration: number;
  localEndpoint: { serviceName: string };
  remoteEndpoint: { serviceName: string } | undefined;
  tags: Record<string, string>;
  annotations: { timestamp: number; value: string }[];
}

/**
 * A span in Zipkin's words, by OpenTelemetry's mapping: what was called becomes the remote endpoint, events become annotations
 * with their attributes as JSON. Zipkin has no links; they become tags (`otel.link.0` = trace-span), so that they can be followed.
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/
 */
export function toZipkin(span: ReadableSpan): ZipkinSpan {
  const { traceId, spanId: id } = span.spanContext();
  const serviceName = span.resource.attributes['service.name'];
  return {
    traceId,
    id,
    parentId: span.parentSpanContext?.spanId,
    name: span.name,
    kind: kinds[span.kind],
    timestamp: microseconds(span.startTime),
    // Zipkin reads 0 as "not known".
    duration: Math.max(1, microseconds(span.duration)),
    localEndpoint: { serviceName: String(serviceName ?? 'unknown_service') },
    remoteEndpoint: remoteOf(span),
    tags: tagsOf(span),
    annotations: span.events.map(({ name, attributes, time }) => ({
      timestamp: microseconds(time),
      value: attributes && Object.keys(attributes).length > 0 ? JSON.stringify({ [name]: attributes }) : name,
    })),
  };
}

const kinds: Record<SpanKind, ZipkinSpan['kind']> = {
  [SpanKind.INTERNAL]: undefined,
  [SpanKind.SERVER]: 'SERVER',
  [SpanKind.CLIENT]: 'CLIENT',
  [SpanKind.PRODUCER]: 'PRODUCER',
  [SpanKind.CONSUMER]: 'CONSUMER',
};

/** Who is at the other end, the first that is said: a service by its name, a database or a broker by its kind, else a host. */
const REMOTE = ['peer.service', 'db.system.name', 'messaging.system.name', 'server.address'];

function remoteOf({ kind, attributes }: ReadableSpan): ZipkinSpan['remoteEndpoint'] {
  if (kind === SpanKind.INTERNAL || kind === SpanKind.SERVER) return undefined;
  const name = REMOTE.map((key) => attributes[key]).find((value) => typeof value === 'string');
  return name === undefined ? undefined : { serviceName: name };
}

function tagsOf({ attributes, resource, links, status, instrumentationScope }: ReadableSpan): Record<string, string> {
  return {
    ...asText(resource.attributes),
    ...asText(attributes),
    ...Object.fromEntries(
      links.map(({ context }, index) => [`otel.link.${index}`, `${context.traceId}-${context.spanId}`]),
    ),
    'otel.scope.name': instrumentationScope.name,
    ...(status.code !== SpanStatusCode.UNSET && { 'otel.status_code': SpanStatusCode[status.code] }),
    // That it is there makes the span an error in Zipkin, whatever it says.
    ...(status.code === SpanStatusCode.ERROR && { error: status.message ?? '' }),
  };
}

const asText = (attributes: Attributes): Record<string, string> =>
  Object.fromEntries(
    Object.entries(attributes)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, Array.isArray(value) ? JSON.stringify(value) : String(value)]),
  );

const microseconds = ([seconds, nanoseconds]: HrTime): number => seconds * 1e6 + Math.round(nanoseconds / 1000);
