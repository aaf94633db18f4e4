import type { Attributes } from '@opentelemetry/api';
import { SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/**
 * The stable database names and the older ones X-Ray still reads: without them its map has a node per statement
 * (`INSERT nedlia.placements`) in place of one per database, and no `sql` block. There is no user on our spans to name, and
 * the text has placeholders for values, as `db.query.text` has.
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/blob/v0.156.0/exporter/awsxrayexporter/internal/translator/sql.go
 */
const OLDER_DATABASE_NAMES = {
  'db.system.name': 'db.system',
  'db.namespace': 'db.name',
  'db.query.text': 'db.statement',
} as const;

/**
 * Only a SERVER span gives X-Ray the name of a service; a CONSUMER span would be a node of its own, `process nedlia-validator`.
 * With this attribute it becomes a segment of its service with the span below it.
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/blob/v0.156.0/exporter/awsxrayexporter/internal/translator/segment.go
 */
const LOCAL_ROOT = { 'aws.span.kind': 'LOCAL_ROOT' } as const;

/**
 * A span as X-Ray is to see it: itself, or a view of it with a few attributes more. The span itself stays as it is, for other
 * exporters get the same object. An attribute that is there already is kept.
 */
export function forXRay(span: ReadableSpan): ReadableSpan {
  const more = { ...(isLocalConsumer(span) && LOCAL_ROOT), ...olderNames(span.attributes) };
  if (Object.keys(more).length === 0) return span;
  // A view by inheritance: whatever else a span has or computes is read from the span.
  return Object.create(span, {
    attributes: { value: { ...more, ...span.attributes }, enumerable: true },
  }) as ReadableSpan;
}

/** One whose parent is not in this process: a message's span, the first of its service in that trace. */
const isLocalConsumer = ({ kind, parentSpanContext }: ReadableSpan): boolean =>
  kind === SpanKind.CONSUMER && (parentSpanContext === undefined || parentSpanContext.isRemote === true);

function olderNames(attributes: Attributes): Attributes {
  if (attributes['db.system.name'] === undefined) return {};
  const named = Object.entries(OLDER_DATABASE_NAMES).map(([stable, older]) => [older, attributes[stable]] as const);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
}
