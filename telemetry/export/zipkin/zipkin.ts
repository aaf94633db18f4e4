import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Environment } from '../../settings/variables.ts';
import { warn } from '../../settings/variables.ts';
import type { ExporterFactory } from '../exporters.ts';
import { publicUrl } from '../../safe/url.ts';
import { outcomeOf } from '../outcome.ts';
import { createPost } from '../post.ts';
import { toZipkin } from './span.ts';

const VARIABLE = 'OTEL_EXPORTER_ZIPKIN_ENDPOINT';
const DEFAULT = 'http://localhost:9411/api/v2/spans';

/**
 * Sends spans as Zipkin v2 JSON, to `OTEL_EXPORTER_ZIPKIN_ENDPOINT` as it stands.
 * @see docs/decisions/0016-zipkin-by-own-mapping.md
 */
export const zipkinExporter: ExporterFactory = (options, env) => {
  const url = readUrl(env);
  const post = createPost(url, options);
  const json = { 'content-type': 'application/json' };
  return {
    export: async (spans, done, deadline) => done(await outcomeOf(post.send(bodyOf(spans), json, deadline))),
    shutdown: async () => post.close(),
    target: publicUrl(url),
  };
};

const bodyOf = (spans: ReadableSpan[]): Buffer => Buffer.from(JSON.stringify(spans.map(toZipkin)));

function readUrl(env: Environment): URL {
  const said = env[VARIABLE]?.trim() || DEFAULT;
  const url = URL.parse(said);
  if (url && /^https?:$/.test(url.protocol)) return url;
  warn(VARIABLE, 'must be an http or https URL', `using the default, ${DEFAULT}`, { counts: false });
  return new URL(DEFAULT);
}
