import type { SpanContext } from '@opentelemetry/api';
import { b3, b3multi } from './b3.ts';
import type { Format, Place } from './place.ts';
import { jaeger } from './jaeger.ts';
import type { Headers } from './request.ts';
import { formatTraceparent } from './traceparent.ts';
import { formatXRay } from './xray.ts';

const formats: Record<string, Format> = { b3, b3multi, jaeger };

const chosen: { none: boolean; xray: boolean; formats: Format[] } = { none: false, xray: false, formats: [] };

/** Sets which formats HTTP carries beside W3C's: `names` are those that `readPropagatorNames` found, so that the API's propagator has the same. */
export function configureOtherFormats(names: readonly string[]): void {
  chosen.none = names.length > 0 && names.every((name) => name === 'none');
  chosen.xray = names.includes('xray') || names.includes('xray-lambda');
  chosen.formats = Object.entries(formats).flatMap(([name, format]) => (names.includes(name) ? [format] : []));
}

/** True when `OTEL_PROPAGATORS=none` forbids HTTP to carry any context, in or out. */
export const carriesNothing = (): boolean => chosen.none;

/** The first place one of the chosen formats names; X-Ray's has a turn of its own. Never throws. */
export function readOtherFormats(headers: Headers): Place | undefined {
  for (const format of chosen.formats) {
    const found = format.read(headers);
    if (found) return found;
  }
  return undefined;
}

/** What the chosen formats write of a span. X-Ray's comes without the invocation's `Lineage`: the other side is not ours. */
export function writeOtherFormats(span: SpanContext): Record<string, string> {
  const xray = chosen.xray ? formatXRay({ traceparent: formatTraceparent(span) }, '') : undefined;
  const written = chosen.formats.map((format) => format.write(span));
  return Object.assign({ ...(xray && { 'x-amzn-trace-id': xray }) }, ...written) as Record<string, string>;
}
