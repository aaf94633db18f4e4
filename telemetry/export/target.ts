import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { publicUrl } from '../safe/url.ts';
import type { TraceExporter } from './exporters.ts';

/** Where OTLP goes over HTTP unless anything is said. */
export const DEFAULT_OTLP = 'http://localhost:4318/v1/traces';

/** A stock exporter does not tell where it sends; this puts it beside. */
export function withTarget(exporter: SpanExporter, url: URL | string): TraceExporter {
  const parsed = URL.parse(String(url));
  return parsed ? Object.assign(exporter, { target: publicUrl(parsed) }) : exporter;
}
