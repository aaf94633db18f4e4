import { decode, type Message } from './protobuf.ts';

/** One exported span as plain data, whoever exported it. Times in milliseconds since 1970. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  traceState: string | undefined;
  name: string;
  kind: 'UNSPECIFIED' | 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER';
  /** `service.name` of the resource. */
  service: string;
  resource: Record<string, unknown>;
  attributes: Record<string, unknown>;
  startMs: number;
  endMs: number;
  status: { code: 'UNSET' | 'OK' | 'ERROR'; message?: string };
  events: { name: string; timeMs: number; attributes: Record<string, unknown> }[];
  links: { traceId: string; spanId: string; attributes: Record<string, unknown> }[];
}

/**
 * Reads the body of an OTLP/HTTP trace export, protobuf or JSON.
 * Field numbers: opentelemetry-proto, trace/v1/trace.proto and common/v1/common.proto.
 * @throws when the body is not an export request.
 */
export function readExport(contentType: string, body: Buffer): ReceivedSpan[] {
  const request = (
    contentType.startsWith('application/json') ? JSON.parse(body.toString('utf8')) : decode(exportRequest, body)
  ) as { resourceSpans?: OtlpResourceSpans[] };
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const about = attributes(resource?.attributes);
    return (scopeSpans ?? []).flatMap(({ spans }) => (spans ?? []).map((span) => received(span, about)));
  });
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const CODES = ['UNSET', 'OK', 'ERROR'] as const;

function received(span: OtlpSpan, resource: Record<string, unknown>): ReceivedSpan {
  const message = span.status?.message;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    traceState: span.traceState || undefined,
    name: span.name,
    kind: KINDS[span.kind ?? 0] ?? 'UNSPECIFIED',
    service: typeof resource['service.name'] === 'string' ? resource['service.name'] : 'unknown_service',
    resource,
    attributes: attributes(span.attributes),
    startMs: milliseconds(span.startTimeUnixNano),
    endMs: milliseconds(span.endTimeUnixNano),
    status: { code: CODES[span.status?.code ?? 0] ?? 'UNSET', ...(message ? { message } : {}) },
    events: (span.events ?? []).map((event) => ({
      name: event.name,
      timeMs: milliseconds(event.timeUnixNano),
      attributes: attributes(event.attributes),
    })),
    links: (span.links ?? []).map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      attributes: attributes(link.attributes),
    })),
  };
}

const milliseconds = (nanoseconds: string | undefined): number => Number(BigInt(nanoseconds ?? 0) / 1000n) / 1000;

const attributes = (list: KeyValue[] | undefined): Record<string, unknown> =>
  Object.fromEntries((list ?? []).map(({ key, value }) => [key, plain(value)]));

function plain(value: AnyValue | undefined): unknown {
  if (!value) return undefined;
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plain);
  if (value.kvlistValue) return attributes(value.kvlistValue.values);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue;
}

// The shapes of OTLP's JSON form; the protobuf tables below decode into the same.
interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number;
  bytesValue?: string;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: KeyValue[] };
}
interface KeyValue {
  key: string;
  value?: AnyValue;
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  traceState?: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: KeyValue[];
  events?: { name: string; timeUnixNano?: string; attributes?: KeyValue[] }[];
  links?: { traceId: string; spanId: string; attributes?: KeyValue[] }[];
  status?: { code?: number; message?: string };
}
interface OtlpResourceSpans {
  resource?: { attributes?: KeyValue[] };
  scopeSpans?: { spans?: OtlpSpan[] }[];
}

const anyValue: Message = {
  1: { name: 'stringValue', type: 'string' },
  2: { name: 'boolValue', type: 'bool' },
  3: { name: 'intValue', type: 'int64' },
  4: { name: 'doubleValue', type: 'double' },
  5: { name: 'arrayValue', type: () => ({ 1: { name: 'values', type: () => anyValue, repeated: true } }) },
  6: { name: 'kvlistValue', type: () => ({ 1: { name: 'values', type: () => keyValue, repeated: true } }) },
  7: { name: 'bytesValue', type: 'bytes' },
};
const keyValue: Message = { 1: { name: 'key', type: 'string' }, 2: { name: 'value', type: () => anyValue } };
const event: Message = {
  1: { name: 'timeUnixNano', type: 'fixed64' },
  2: { name: 'name', type: 'string' },
  3: { name: 'attributes', type: () => keyValue, repeated: true },
};
const link: Message = {
  1: { name: 'traceId', type: 'hex' },
  2: { name: 'spanId', type: 'hex' },
  4: { name: 'attributes', type: () => keyValue, repeated: true },
};
const status: Message = { 2: { name: 'message', type: 'string' }, 3: { name: 'code', type: 'uint' } };
const span: Message = {
  1: { name: 'traceId', type: 'hex' },
  2: { name: 'spanId', type: 'hex' },
  3: { name: 'traceState', type: 'string' },
  4: { name: 'parentSpanId', type: 'hex' },
  5: { name: 'name', type: 'string' },
  6: { name: 'kind', type: 'uint' },
  7: { name: 'startTimeUnixNano', type: 'fixed64' },
  8: { name: 'endTimeUnixNano', type: 'fixed64' },
  9: { name: 'attributes', type: () => keyValue, repeated: true },
  11: { name: 'events', type: () => event, repeated: true },
  13: { name: 'links', type: () => link, repeated: true },
  15: { name: 'status', type: () => status },
};
const scopeSpans: Message = { 2: { name: 'spans', type: () => span, repeated: true } };
const resource: Message = { 1: { name: 'attributes', type: () => keyValue, repeated: true } };
const resourceSpans: Message = {
  1: { name: 'resource', type: () => resource },
  2: { name: 'scopeSpans', type: () => scopeSpans, repeated: true },
};
const exportRequest: Message = { 1: { name: 'resourceSpans', type: () => resourceSpans, repeated: true } };
