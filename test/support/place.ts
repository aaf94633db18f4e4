import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { missingHops } from '../../local/hops.ts';
import { startPipeline, type Pipeline, type PipelineOptions } from '../../local/pipeline.ts';
import type { ReceivedSpan } from '../../local/collector/otlp.ts';
import { freshDatabase } from './database.ts';

export interface Answer {
  status: number;
  // Test bodies are looked at field by field; their schemas are the API's own tests.
  json: Record<string, any>; // oxlint-disable-line typescript/no-explicit-any
  headers: Headers;
  /** From `Server-Timing`. */
  traceId: string;
}

/** Where end-to-end tests run: the whole pipeline, seen from outside only. */
export interface Place {
  pipeline: Pipeline;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** A video and a product that fit together, as ids. */
  material(): Promise<{ video_id: string; product_id: string }>;
  /** Waits for every required hop and answers the trace's spans; fails naming what is missing. */
  wholeTrace(traceId: string, withinMs?: number): Promise<ReceivedSpan[]>;
  /** Waits until something holds of a trace's spans. */
  until(
    traceId: string,
    enough: (spans: ReceivedSpan[]) => boolean,
    what: string,
    withinMs?: number,
  ): Promise<ReceivedSpan[]>;
  /** Waits until no message is visible or in flight. */
  idle(withinMs?: number): Promise<void>;
  /** What functions printed, line by line. */
  lines: { name: string; line: string }[];
}

/** Starts the pipeline before a file's tests and stops it after them. Its bundles come from the run's global set-up. */
export function usePlace(options: Pick<PipelineOptions, 'faults'> & { env?: Record<string, string> } = {}): Place {
  const place = { lines: [] } as unknown as Place;
  let directory = '';
  const done: (() => Promise<void>)[] = [];

  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'nedlia-e2e-'));
    // Not the default `after`: within a hook it would mean after this hook.
    const { url } = await freshDatabase({ after: (drop) => void done.push(drop) });
    place.pipeline = await startPipeline({
      directory,
      assembly: process.env['TEST_ASSEMBLY'],
      env: { PORT: '0', DATABASE_URL: url, ...options.env },
      tell: () => {},
      signal: new AbortController().signal,
      onFunctionLine: (name, line) => place.lines.push({ name, line }),
      ...(options.faults ? { faults: options.faults } : {}),
    });
  });
  after(async () => {
    await place.pipeline?.stop();
    for (const one of done) await one();
    await rm(directory, { recursive: true, force: true });
  });

  place.send = async (method, where, body, headers = {}) => {
    const answer = await fetch(`${place.pipeline.apiUrl}${where}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const traceId = /00-([0-9a-f]{32})-/.exec(answer.headers.get('server-timing') ?? '')?.[1] ?? '';
    return {
      status: answer.status,
      json: text ? (JSON.parse(text) as Answer['json']) : {},
      headers: answer.headers,
      traceId,
    };
  };
  place.material = async () => {
    const video = await place.send('POST', '/v1/videos', { title: 'A day at the lake', duration: 600 });
    const product = await place.send('POST', '/v1/products', { name: 'Canoe' });
    assert.deepEqual([video.status, product.status], [201, 201]);
    return { video_id: video.json['id'], product_id: product.json['id'] };
  };
  place.until = async (traceId, enough, what, withinMs = 20_000) => {
    const reached = await place.pipeline.collector.until(traceId, enough, withinMs);
    const spans = place.pipeline.collector.spans(traceId);
    assert.ok(reached, `${what}: not within ${withinMs} ms. There is: ${spans.map(({ name }) => name).join(', ')}`);
    return spans;
  };
  place.wholeTrace = async (traceId, withinMs = 20_000) => {
    await place.pipeline.collector.until(traceId, (spans) => missingHops(spans).length === 0, withinMs);
    const spans = place.pipeline.collector.spans(traceId);
    assert.deepEqual(missingHops(spans), [], `hops missing after ${withinMs} ms`);
    return spans;
  };
  place.idle = async (withinMs = 20_000) => {
    const deadline = Date.now() + withinMs;
    while (!(await place.pipeline.aws.idle())) {
      assert.ok(Date.now() < deadline, `still busy after ${withinMs} ms`);
      await sleep(50);
    }
  };
  return place;
}

/** The spans of this name, or the only one. */
export const named = (spans: ReceivedSpan[], name: string): ReceivedSpan[] =>
  spans.filter((span) => span.name === name);

export function one(spans: ReceivedSpan[], name: string): ReceivedSpan {
  const [span, ...others] = named(spans, name);
  assert.ok(span && others.length === 0, `${others.length + (span ? 1 : 0)} spans are named ${name}, not one`);
  return span;
}
