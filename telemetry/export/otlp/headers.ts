import { said, warn } from '../../settings/variables.ts';
import type { Environment } from '../../settings/variables.ts';

const FOR_TRACES = 'OTEL_EXPORTER_OTLP_TRACES_HEADERS';
const FOR_ALL = 'OTEL_EXPORTER_OTLP_HEADERS';

/** What Node takes as a header's name (RFC 9110 section 5.6.2), and as its value. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What the connection and the content say for themselves; from outside it would say something else of them. */
const NOT_FREE =
  /^(?:content-.*|transfer-encoding|connection|proxy-connection|keep-alive|host|expect|te|trailer|upgrade)$/i;

/**
 * The headers the environment wants on every export: `key=value` pairs, values percent-encoded; those for traces beside those for
 * all signals, and before them. A pair that is none, or says how the request is carried, is one warning and left out, and never
 * repeated: it may hold a token.
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
 */
export const readHeaders = (env: Environment): Record<string, string> => ({
  ...headersOf(env, FOR_ALL),
  ...headersOf(env, FOR_TRACES),
});

function headersOf(env: Environment, variable: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [index, pair] of (said(env, variable) ?? '').split(',').entries()) {
    if (!pair.trim()) continue;
    const [key, value] = parse(pair);
    const isHeader = value !== undefined && NAME.test(key) && VALUE.test(value);
    if (isHeader && !NOT_FREE.test(key)) headers[key.toLowerCase()] = value;
    else {
      const what = isHeader ? 'a header that is not free' : 'no header';
      warn(variable, `has ${what} in its ${ordinal(index + 1)} pair (key=value, percent-encoded)`, 'it is left out');
    }
  }
  return headers;
}

function parse(pair: string): [key: string, value: string | undefined] {
  const equals = pair.indexOf('=');
  try {
    const [key, value] = [pair.slice(0, Math.max(0, equals)), pair.slice(equals + 1)];
    return [decodeURIComponent(key.trim()), decodeURIComponent(value.trim())];
  } catch {
    return ['', undefined];
  }
}

const ordinal = (number: number): string => ['first', 'second', 'third'][number - 1] ?? `${number}th`;
