import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { ReceivedSpan } from '../../local/collector/otlp.ts';
import type { Spans } from '../../local/collector/read.ts';
import { missingHops } from '../../local/hops.ts';
import type { ReceivedWebhook } from '../../local/receiver.ts';
import { type Capability, lacking, type PlaceName } from './differences.ts';
import { openAws } from './place-aws.ts';
import { openLocalStack } from './place-localstack.ts';
import { type Faults, openLoopback } from './place-loopback.ts';
import type { PlainRequest } from './signed-fetch.ts';

/** What a place gives of itself; everything a test does is made of it. */
export interface Ground {
  apiUrl: string;
  /** Sends a request to the API; `fetch` unless the API wants it signed. */
  ask?: (url: string, request: PlainRequest) => Promise<Response>;
  collector: Spans;
  /** Every genuine webhook so far, other tests' too. */
  webhooks(): Promise<ReceivedWebhook[]>;
  /** An output of the stack. */
  output(name: string): string;
  sqs: SQSClient;
  eventBridge: EventBridgeClient;
  /** The content of an object. */
  object(bucket: string, key: string): Promise<string>;
  /** Runs a function with this event and answers what it answered. Throws when it failed. */
  invoke(name: string, event: unknown): Promise<unknown>;
  /** What a function has printed, line by line. */
  logs(name: string): Promise<string[]>;
  /** Kills a function's process; only where a place has `kills`. */
  kill(name: string): void;
  /** How long the slowest hop may take. */
  patienceMs: number;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  // Test bodies are looked at field by field; their schemas are the API's own tests.
  json: Record<string, any>; // oxlint-disable-line typescript/no-explicit-any
  headers: Headers;
  /** From `Server-Timing`. */
  traceId: string;
}

/** Where end-to-end tests run: the whole pipeline, seen from outside only. */
export interface Place extends Ground {
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /**
   * Sends as a client does: what is answered with 503 again after its Retry-After, under one Idempotency-Key. On a busy machine a
   * placement may wait longer for its video than the second a lock is waited for.
   */
  insist(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A video and a product that fit together, as ids. */
  material(): Promise<{ video_id: string; product_id: string }>;
  /** The webhooks about a placement, of one type or of all. */
  webhooksAbout(placementId: string, type?: string): Promise<ReceivedWebhook[]>;
  /** Waits for every required hop and answers the trace's spans; fails naming what is missing. */
  wholeTrace(traceId: string, withinMs?: number): Promise<ReceivedSpan[]>;
  /** Waits until something holds of a trace's spans. */
  until(
    traceId: string,
    enough: (spans: ReceivedSpan[]) => boolean,
    what: string,
    withinMs?: number,
  ): Promise<ReceivedSpan[]>;
}

/** The place of this run: LocalStack or AWS where the run's global set-up says so, loopback else. */
export const placeName: PlaceName = (process.env['NEDLIA_PLACE'] as PlaceName | undefined) ?? 'loopback';

/** Opens the place before a file's tests and closes it after them. `faults` is heard only where the place can do that. */
export function usePlace(options: { faults?: Faults } = {}): Place {
  const place = {} as Place;
  before(async () => {
    const ground = await open(options);
    Object.assign(place, ground, dealings(ground));
  });
  after(() => place.close?.());
  return place;
}

function open(options: { faults?: Faults }): Ground | Promise<Ground> {
  if (placeName === 'loopback') return openLoopback(options);
  return placeName === 'aws' ? openAws() : openLocalStack();
}

/** Whether this place has a capability; for one assertion of many. */
export const can = (capability: Capability): boolean => lacking(placeName, capability) === undefined;

/** `test`, for what only some places can show. Where a place cannot, the promise is named in the output with the reason. */
export const where =
  (...needs: Capability[]) =>
  (promise: string, show: (t: TestContext) => Promise<void>): void => {
    const missing = needs.map((need) => lacking(placeName, need)).find((reason) => reason !== undefined);
    if (missing === undefined) test(promise, show);
    else process.stdout.write(`not shown on ${placeName}: ${promise} (${missing})\n`);
  };

function dealings(ground: Ground): Omit<Place, keyof Ground> {
  const { apiUrl, collector, patienceMs } = ground;
  const ask = ground.ask ?? fetch;
  const send: Place['send'] = async (method, where, body, headers = {}) => {
    const answer = await ask(`${apiUrl}${where}`, {
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
  const insist: Place['insist'] = async (method, where, body) => {
    const key = { 'idempotency-key': randomUUID() };
    for (const deadline = Date.now() + 60_000; ;) {
      const answer = await send(method, where, body, key);
      if (answer.status !== 503 || Date.now() > deadline) return answer;
      await sleep(Number(answer.headers.get('retry-after')) * 1000);
    }
  };
  return {
    send,
    insist,
    material: async () => {
      const video = await insist('POST', '/v1/videos', { title: 'A day at the lake', duration: 600 });
      const product = await insist('POST', '/v1/products', { name: 'Canoe' });
      assert.deepEqual([video.status, product.status], [201, 201]);
      return { video_id: video.json['id'], product_id: product.json['id'] };
    },
    webhooksAbout: async (placementId, type) =>
      (await ground.webhooks()).filter(
        ({ body }) => body.includes(placementId) && (type === undefined || JSON.parse(body).type === type),
      ),
    until: async (traceId, enough, what, withinMs = patienceMs) => {
      const reached = await collector.until(traceId, enough, withinMs);
      const spans = await collector.spans(traceId);
      assert.ok(reached, `${what}: not within ${withinMs} ms. There is: ${spans.map(({ name }) => name).join(', ')}`);
      return spans;
    },
    wholeTrace: async (traceId, withinMs = patienceMs) => {
      await collector.until(traceId, (spans) => missingHops(spans).length === 0, withinMs);
      const spans = await collector.spans(traceId);
      assert.deepEqual(missingHops(spans), [], `hops missing after ${withinMs} ms`);
      return spans;
    },
  };
}

/** The spans of this name. */
export const named = (spans: ReceivedSpan[], name: string): ReceivedSpan[] =>
  spans.filter((span) => span.name === name);

/** The only span of this name. */
export function one(spans: ReceivedSpan[], name: string): ReceivedSpan {
  const [span, ...others] = named(spans, name);
  assert.ok(span && others.length === 0, `${others.length + (span ? 1 : 0)} spans are named ${name}, not one`);
  return span;
}
