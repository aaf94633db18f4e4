import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { diag } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Environment } from '../../settings/variables.ts';
import type { Deadline } from '../deadline.ts';
import type { ExporterOptions, TraceExporter } from '../exporters.ts';
import { outcomeOf } from '../outcome.ts';
import type { Certificates } from '../post.ts';
import { createPost, Refusal } from '../post.ts';
import { readAnswer } from './answer.ts';
import { serialise } from './serialise.ts';
import { secretsOf, withoutEchoes } from '../../safe/echoes.ts';
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

  const sendOne = async (otlp: Uint8Array, deadline: Deadline): Promise<void> => {
    const body = compressed ? await gzip(otlp) : otlp;
    const content = {
      'content-type': 'application/x-protobuf',
      ...(compressed && { 'content-encoding': 'gzip' }),
    };
    await retrying(deadline, async () => {
      const own = await deadline.within(target.headersFor(body, content));
      const answer = await post.send(body, { ...own, ...content, 'user-agent': 'nedlia-telemetry' }, deadline);
      dropped += rejectedOf(answer, secretsOf(target.url, own));
    });
  };

  const send = async (spans: ReadableSpan[], deadline: Deadline): Promise<void> => {
    deadline.check();
    const unwritable: unknown[] = [];
    const otlp = serialise(spans, (error) => unwritable.push(error));
    const fits = otlp.length <= target.most.bytes && spans.length <= target.most.spans;
    if (fits || spans.length === 1) {
      dropped += unwritable.length;
      if (unwritable.length > 0) diag.warn('spans could not be written and are left out:', String(unwritable[0]));
      return sendOne(otlp, deadline);
    }
    const half = Math.ceil(spans.length / 2);
    await send(spans.slice(0, half), deadline);
    await send(spans.slice(half), deadline);
  };

  const view = (spans: ReadableSpan[]) => spans.map((span) => target.view?.(span) ?? span);

  return {
    export: async (spans, done, deadline) => done(await outcomeOf(send(view(spans), deadline))),
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

/** Tries again, after a pause that doubles or the longer one the backend asks for, as long as there is time for it. */
async function retrying(deadline: Deadline, attempt: () => Promise<void>): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Refusal) || !AGAIN.has(error.status)) throw error;
      const spread = pause * (0.8 + Math.random() * 0.4); // so that many do not come back at once
      const wait = Math.max(spread, error.retryAfterMs ?? 0);
      if (wait >= deadline.leftMs()) throw error;
      await deadline.within(sleep(wait, undefined, { ref: false }));
      deadline.check();
    }
  }
}

function rejectedOf(answer: Buffer, secrets: string[]): number {
  const { rejected, message } = readAnswer(answer);
  if (rejected > 0) diag.warn('spans were rejected:', withoutEchoes(message, secrets) || 'no reason given');
  return rejected;
}

const wantsGzip = (env: Environment): boolean =>
  (env['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION'] || env['OTEL_EXPORTER_OTLP_COMPRESSION'])?.trim() === 'gzip';
