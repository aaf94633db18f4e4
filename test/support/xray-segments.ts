import type { ReceivedSpan } from '../../local/collector/otlp.ts';
import { name as attribute, own } from '../../telemetry/attributes.ts';

/**
 * What is read of a segment document, or of a subsegment in one or beside it.
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
 */
interface Segment {
  id: string;
  name: string;
  trace_id?: string;
  parent_id?: string;
  type?: 'subsegment';
  /** Made by X-Ray of a call, for the map. */
  inferred?: boolean;
  in_progress?: boolean;
  /** Seconds since 1970. */
  start_time: number;
  end_time?: number;
  /** `aws` or `remote`, of a call to somebody else. */
  namespace?: string;
  error?: boolean;
  fault?: boolean;
  throttle?: boolean;
  cause?: { exceptions?: { message?: string }[] };
  http?: { request?: { method?: string; url?: string }; response?: { status?: number } };
  aws?: { operation?: string; request_id?: string };
  annotations?: Record<string, unknown>;
  metadata?: Record<string, Record<string, unknown>>;
  subsegments?: Segment[];
}

/** Names with a dot, by what an annotation's key leaves of them. */
const dotted = new Map(
  [...Object.values(attribute), ...Object.values(own)].map((known) => [known.replaceAll('.', '_'), known]),
);
const RESOURCE = 'otel.resource.';

/**
 * Reads the segment documents of a trace as the spans they were. X-Ray names a segment after its service, database or host, keeps
 * no kind and no links, and calls any status of 400 or more an error: names and kinds are made again from the attributes
 * (test/support/differences.ts says what that cannot show). How spans become documents is published for the Collector alone, so
 * that is what this undoes; what X-Ray itself makes of them has not been seen.
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/blob/v0.156.0/exporter/awsxrayexporter/internal/translator/segment.go
 */
export function readSegments(documents: string[]): ReceivedSpan[] {
  const all = documents.flatMap((document) => flat(JSON.parse(document) as Segment)).filter(isSpan);
  const byId = new Map(all.map((segment) => [segment.id, segment]));
  const services = new Set(all.filter(isLocalRoot).map(({ parent_id }) => parent_id));
  const resourceOf = (segment: Segment): Record<string, unknown> => {
    const said = resource(segment);
    const parent = byId.get(segment.parent_id ?? '');
    return Object.keys(said).length > 0 || !parent ? said : resourceOf(parent);
  };
  return all
    .filter(({ id }) => !services.has(id))
    .map((segment) => {
      const above = byId.get(segment.parent_id ?? '');
      // Stands for the service of the message's span below it, and has the parent that was that span's.
      const parent = above && services.has(above.id) ? above.parent_id : segment.parent_id;
      return received(segment, parent, resourceOf(segment));
    });
}

const flat = (segment: Segment): Segment[] => [
  segment,
  ...(segment.subsegments ?? []).flatMap((below) =>
    flat({ parent_id: segment.id, trace_id: segment.trace_id ?? '', ...below }),
  ),
];
const isSpan = ({ inferred, in_progress }: Segment): boolean => !inferred && !in_progress;
const isLocalRoot = (segment: Segment): boolean =>
  segment.type === 'subsegment' && attributesOf(segment)['aws.span.kind'] === 'LOCAL_ROOT';

function received(segment: Segment, parentSpanId: string | undefined, about: Record<string, unknown>): ReceivedSpan {
  const { id, trace_id = '', start_time, end_time = start_time, error, fault, throttle, cause } = segment;
  const attributes = attributesOf(segment);
  const message = cause?.exceptions?.[0]?.message;
  return {
    traceId: trace_id.split('-').slice(1).join(''),
    spanId: id,
    parentSpanId,
    traceState: undefined,
    name: nameOf(segment, attributes),
    kind: kindOf(segment, attributes),
    service: typeof about['service.name'] === 'string' ? about['service.name'] : segment.name,
    resource: about,
    attributes,
    startMs: start_time * 1000,
    endMs: end_time * 1000,
    status: { code: error || fault || throttle ? 'ERROR' : 'UNSET', ...(message && { message }) },
    events: [],
    links: [],
  };
}

function said({ annotations = {}, metadata = {} }: Segment): [key: string, value: unknown][] {
  const annotated = Object.entries(annotations).map(([key, value]) => [dotted.get(key) ?? key, value] as const);
  return [...annotated, ...Object.values(metadata).flatMap((entries) => Object.entries(entries))].map(
    ([key, value]) => [key.replace(/^otel_resource_/, RESOURCE), value],
  );
}

const resource = (segment: Segment): Record<string, unknown> =>
  Object.fromEntries(
    said(segment)
      .filter(([key]) => key.startsWith(RESOURCE))
      .map(([key, value]) => [resourceKey(key.slice(RESOURCE.length)), value]),
  );
const resourceKey = (key: string): string => key.replace(/^service_/, 'service.');

function attributesOf(segment: Segment): Record<string, unknown> {
  const { http = {}, aws = {} } = segment;
  const taken = {
    [attribute.httpMethod]: http.request?.method,
    [attribute.httpStatus]: http.response?.status,
    [attribute.urlFull]: http.request?.url,
    [attribute.rpcMethod]: aws.operation,
    [attribute.awsRequestId]: aws.request_id,
  };
  return {
    ...Object.fromEntries(Object.entries(taken).filter(([, value]) => value !== undefined)),
    ...Object.fromEntries(said(segment).filter(([key]) => !key.startsWith(RESOURCE))),
  };
}

function nameOf({ name, namespace }: Segment, attributes: Record<string, unknown>): string {
  const of = (key: string): string => (typeof attributes[key] === 'string' ? attributes[key] : '');
  const method = of(attribute.httpMethod);
  if (namespace === 'aws') return `${name}.${of(attribute.rpcMethod)}`;
  if (of(attribute.dbOperation)) {
    const collection = of(attribute.dbCollection);
    return collection
      ? `${of(attribute.dbOperation)} ${of(attribute.dbNamespace)}.${collection}`
      : of(attribute.dbOperation);
  }
  if (of(attribute.operationType) === 'send') return name.replace(/^(send \S+) ([^()\s]+)$/, '$1 ($2)'); // parentheses are dropped
  if (method) return of(attribute.httpRoute) ? `${method} ${of(attribute.httpRoute)}` : method;
  return name;
}

function kindOf({ type, namespace }: Segment, attributes: Record<string, unknown>): ReceivedSpan['kind'] {
  const operation = attributes[attribute.operationType];
  if (operation === 'process') return 'CONSUMER';
  if (operation === 'send') return 'PRODUCER';
  if (type === undefined) return 'SERVER';
  return namespace === undefined ? 'INTERNAL' : 'CLIENT';
}
