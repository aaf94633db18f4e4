/**
 * Headers by which anybody's tracing says where it stands or what it carries along, in lower case; a name that ends in `-` begins
 * them. More than we write: whoever sends on what it received must not say two places in two traces.
 */
const TRACE_HEADERS = [
  // W3C
  ['traceparent', 'tracestate', 'baggage'],
  // B3
  ['b3', 'x-b3-'],
  // Jaeger
  ['uber-trace-id', 'uberctx-', 'jaeger-debug-id', 'jaeger-baggage'],
  // X-Ray
  ['x-amzn-trace-id'],
  // OpenTracing, Google, Datadog, Elastic, New Relic, SkyWalking
  ['ot-tracer-', 'ot-baggage-', 'x-ot-span-context', 'x-cloud-trace-context', 'grpc-trace-bin', 'x-datadog-'],
  ['elastic-apm-traceparent', 'newrelic', 'sw8', 'sw8-'],
].flat();

const names = new Set(TRACE_HEADERS);
const beginnings = TRACE_HEADERS.filter((name) => name.endsWith('-'));

/** True for the name of a header that says something of a trace, in whatever case. */
export function isTraceHeader(header: string): boolean {
  const name = header.toLowerCase();
  return names.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}
