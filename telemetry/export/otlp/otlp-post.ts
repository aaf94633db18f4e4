import { promisify } from 'node:util';
import { diag } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { Environment } from '../../settings/variables.ts';
import type { ExporterOptions, TraceExporter } from '../exporters.ts';
import { outcomeOf } from '../outcome.ts';
import { createPost } from '../post.ts';
import { publicUrl } from '../../safe/url.ts';

/** A backend that takes OTLP over HTTP and wants more than headers that never change, or takes requests of limited size. */
export interface OtlpTarget {
  url: URL;
  /** What one request may hold. */
  most: { bytes: number; spans: number };
  /** Headers beside those of the content, made for the very bytes that are sent. */
  headersFor(body: Uint8Array, headers: Record<string, string>): Promise<Record<string, string>>;
  /** A span as this backend is to see it; itself unless said. */
  view?(span: ReadableSpan): ReadableSpan;
}

/**
 * Sends spans as OTLP in protobuf, where the stock exporter cannot: its headers do not know the body. A request that would
 * be too large becomes several; spans a backend says it rejected are counted as dropped. `OTEL_EXPORTER_OTLP_COMPRESSION` counts.
 */
export function otlpPostExporter(target: OtlpTarget, options: ExporterOptions, env: Environment): TraceExporter {
  const post = createPost(target.url, options);
  const compressed = wantsGzip(env);
  let dropped = 0;

  const sendOne = async (otlp: Uint8Array): Promise<void> => {
    const body = compressed ? await gzip(otlp) : otlp;
    const content = {
      'content-type': 'application/x-protobuf',
      ...(compressed && { 'content-encoding': 'gzip' }),
    };
    const answer = await post.send(body, { ...content, ...(await target.headersFor(body, content)) });
    dropped += rejectedOf(answer);
  };

  const send = async (spans: ReadableSpan[]): Promise<void> => {
    const otlp = ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array();
    const fits = otlp.length <= target.most.bytes && spans.length <= target.most.spans;
    if (fits || spans.length === 1) return sendOne(otlp);
    const half = Math.ceil(spans.length / 2);
    await send(spans.slice(0, half));
    await send(spans.slice(half));
  };

  const view = (spans: ReadableSpan[]) => spans.map((span) => target.view?.(span) ?? span);

  return {
    export: async (spans, done) => done(await outcomeOf(send(view(spans)))),
    shutdown: async () => post.close(),
    dropped: () => dropped,
    target: publicUrl(target.url),
  };
}

async function gzip(bytes: Uint8Array): Promise<Buffer> {
  const zlib = await import('node:zlib');
  return promisify(zlib.gzip)(bytes);
}

/** @see https://opentelemetry.io/docs/specs/otlp/#partial-success-1 */
function rejectedOf(answer: Buffer): number {
  try {
    const { partialSuccess } = answer.length > 0 ? ProtobufTraceSerializer.deserializeResponse(answer) : {};
    const rejected = partialSuccess?.rejectedSpans ?? 0;
    if (rejected > 0) diag.warn('spans were rejected:', partialSuccess?.errorMessage ?? 'no reason given');
    return rejected;
  } catch {
    return 0;
  }
}

const wantsGzip = (env: Environment): boolean =>
  (env['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION'] || env['OTEL_EXPORTER_OTLP_COMPRESSION'])?.trim() === 'gzip';
