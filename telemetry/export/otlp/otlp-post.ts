import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { diag } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Environment } from '../../settings/variables.ts';
import type { ExporterOptions, TraceExporter } from '../exporters.ts';
import { outcomeOf } from '../outcome.ts';
import { createPost, Refusal } from '../post.ts';
import { readAnswer } from './answer.ts';
import type { Certificates } from './certificates.ts';
import { serialise } from './serialise.ts';
import { publicUrl } from '../../safe/url.ts';

/** A backend that takes OTLP over HTTP. */
export interface OtlpTarget {
  url: URL;
  /** What one request may hold. */
  most: { bytes: number; spans: number };
  certificates?: Certificates;
  /** Headers beside those of the content, made for the very bytes that are sent. */
  headersFor(body: Uint8Array, headers: Record<string, string>): Promise<Record<string, string>>;
  /** A span as this backend is to see it; itself unless said. */
  view?(span: ReadableSpan): ReadableSpan;
}

/**
 * Sends spans as OTLP in protobuf. A request that would be too large becomes several, one the backend has no time for is tried
 * again while there is time, and spans it says it rejected are counted as dropped. `OTEL_EXPORTER_OTLP_COMPRESSION` counts.
 */
export function otlpPostExporter(target: OtlpTarget, options: ExporterOptions, env: Environment): TraceExporter {
  const post = createPost(target.url, { ...options, certificates: target.certificates });
  const compressed = wantsGzip(env);
  let dropped = 0;

  const sendOne = async (otlp: Uint8Array): Promise<void> => {
    const body = compressed ? await gzip(otlp) : otlp;
    const content = {
      'content-type': 'application/x-protobuf',
      ...(compressed && { 'content-encoding': 'gzip' }),
    };
    const answer = await retrying(options.timeoutMillis, async () =>
      post.send(body, { ...(await target.headersFor(body, content)), ...content, 'user-agent': 'nedlia-telemetry' }),
    );
    dropped += rejectedOf(answer);
  };

  const send = async (spans: ReadableSpan[]): Promise<void> => {
    const otlp = serialise(spans);
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

/** @see https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const AGAIN = new Set([429, 502, 503, 504]);
const FIRST_PAUSE_MS = 100;

/** Tries again, after a pause that doubles or the longer one the backend asks for, as long as the answer can come in time. */
async function retrying(withinMs: number, attempt: () => Promise<Buffer>): Promise<Buffer> {
  const until = Date.now() + withinMs;
  for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Refusal) || !AGAIN.has(error.status)) throw error;
      const spread = pause * (0.8 + Math.random() * 0.4); // so that many do not come back at once
      const wait = Math.max(spread, error.retryAfterMs ?? 0);
      if (Date.now() + wait >= until) throw error;
      await sleep(wait, undefined, { ref: false });
    }
  }
}

function rejectedOf(answer: Buffer): number {
  const { rejected, message } = readAnswer(answer);
  if (rejected > 0) diag.warn('spans were rejected:', message || 'no reason given');
  return rejected;
}

const wantsGzip = (env: Environment): boolean =>
  (env['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION'] || env['OTEL_EXPORTER_OTLP_COMPRESSION'])?.trim() === 'gzip';
