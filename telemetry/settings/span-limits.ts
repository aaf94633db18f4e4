import type { SpanLimits } from '@opentelemetry/sdk-trace';
import type { Environment } from './variables.ts';
import { readInteger } from './variables.ts';

/** More than any backend takes; what is wanted without a limit is not said at all. */
const MOST = 1_000_000;

/**
 * How much one span may hold, by the standard's variables; what none of them says is left to the SDK: 128 of each, texts of any length.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#span-limits
 */
export function readSpanLimits(env: Environment): SpanLimits {
  const from = (min: number, ...variables: string[]): number | undefined =>
    variables.map((variable) => readInteger(env, variable, [min, MOST])).find((limit) => limit !== undefined);
  const read = (...variables: string[]) => from(0, ...variables);
  const said = {
    attributeCountLimit: read('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'),
    // The SDK takes no text to be as good as no limit.
    attributeValueLengthLimit: from(1, 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'),
    eventCountLimit: read('OTEL_SPAN_EVENT_COUNT_LIMIT'),
    linkCountLimit: read('OTEL_SPAN_LINK_COUNT_LIMIT'),
    attributePerEventCountLimit: read('OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'),
    attributePerLinkCountLimit: read('OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'),
  };
  return Object.fromEntries(Object.entries(said).filter(([, limit]) => limit !== undefined));
}
