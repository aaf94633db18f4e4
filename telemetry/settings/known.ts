/** A variable telemetry reads, as docs/telemetry.md lists it. */
export interface KnownVariable {
  name: string;
  /** What counts where nothing is said; `undefined` for nothing. */
  otherwise?: string;
  /** What of its value may be shown: of a secret nothing, of headers their names, of an address what `publicAddress` leaves. */
  holds?: 'secret' | 'headers' | 'address';
  /** The exporters it is for; without them it is for all. */
  for?: readonly string[];
}

const OTLP = ['otlp', 'jaeger'];

/** A setting of OTLP's, and the same for traces alone, which counts before it. */
const otlp = (name: string, more: Omit<KnownVariable, 'name'> = {}): KnownVariable[] => [
  { for: OTLP, ...more, name: `OTEL_EXPORTER_OTLP_${name}` },
  { for: OTLP, ...(more.holds && { holds: more.holds }), name: `OTEL_EXPORTER_OTLP_TRACES_${name}` },
];

/** What one span may hold. */
const limit = (name: string, otherwise?: string): KnownVariable => ({ name, ...(otherwise && { otherwise }) });

/**
 * Every variable telemetry reads, in the order of docs/telemetry.md. The values are read elsewhere, each where it is needed;
 * this says which there are, for `npm run doctor`. A test compares it with the documentation and with the readers.
 */
export const KNOWN: readonly KnownVariable[] = [
  { name: 'OTEL_TRACES_EXPORTER', otherwise: 'otlp' },
  ...otlp('ENDPOINT', { otherwise: 'http://localhost:4318', holds: 'address' }),
  ...otlp('PROTOCOL', { otherwise: 'http/protobuf' }),
  ...otlp('HEADERS', { holds: 'headers' }),
  ...otlp('COMPRESSION', { otherwise: 'none', for: [...OTLP, 'coralogix'] }),
  ...otlp('TIMEOUT', { otherwise: '2000' }),
  ...otlp('CERTIFICATE'),
  ...otlp('CLIENT_KEY'),
  ...otlp('CLIENT_CERTIFICATE'),
  ...otlp('INSECURE', { otherwise: 'false' }),
  { name: 'AWS_XRAY_DAEMON_ADDRESS', otherwise: '127.0.0.1:2000', holds: 'address', for: ['xray'] },
  { name: 'OTEL_EXPORTER_JAEGER_ENDPOINT', holds: 'address', for: ['jaeger'] },
  { name: 'OTEL_EXPORTER_JAEGER_AGENT_HOST', holds: 'address', for: ['jaeger'] },
  { name: 'OTEL_EXPORTER_JAEGER_AGENT_PORT', for: ['jaeger'] },
  { name: 'CX_DOMAIN', holds: 'address', for: ['coralogix'] },
  { name: 'CX_ENDPOINT', holds: 'address', for: ['coralogix'] },
  { name: 'CX_TOKEN', holds: 'secret', for: ['coralogix'] },
  { name: 'CX_APPLICATION_NAME' },
  { name: 'CX_SUBSYSTEM_NAME' },
  {
    name: 'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
    otherwise: 'http://localhost:9411/api/v2/spans',
    holds: 'address',
    for: ['zipkin'],
  },
  { name: 'OTEL_BSP_MAX_QUEUE_SIZE', otherwise: '2048' },
  { name: 'OTEL_BSP_SCHEDULE_DELAY', otherwise: '1000' },
  limit('OTEL_ATTRIBUTE_COUNT_LIMIT', '128'),
  limit('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'),
  limit('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '128'),
  limit('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT'),
  limit('OTEL_SPAN_EVENT_COUNT_LIMIT', '128'),
  limit('OTEL_SPAN_LINK_COUNT_LIMIT', '128'),
  limit('OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT', '128'),
  limit('OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT', '128'),
  { name: 'OTEL_SERVICE_NAME' },
  { name: 'OTEL_RESOURCE_ATTRIBUTES' },
  { name: 'OTEL_SDK_DISABLED', otherwise: 'false' },
  { name: 'OTEL_LOG_LEVEL', otherwise: 'warn' },
  { name: 'LOG_LEVEL', otherwise: 'info' },
  { name: 'OTEL_TRACES_SAMPLER', otherwise: 'parentbased_always_on' },
  { name: 'OTEL_TRACES_SAMPLER_ARG' },
  { name: 'TRACE_SAMPLING_RULES' },
  { name: 'TRACE_EXCLUDED_URLS' },
  { name: 'TRACE_REQUEST_BODY', otherwise: 'false' },
  { name: 'TRACE_REDACTED_FIELDS' },
  { name: 'TRACE_SLOW_QUERY_MS', otherwise: '100' },
  { name: 'TRACE_POOL_WAIT_MS', otherwise: '100' },
  { name: 'OTEL_SEMCONV_STABILITY_OPT_IN', otherwise: 'database' },
  { name: 'OTEL_PROPAGATORS', otherwise: 'tracecontext,baggage' },
];
