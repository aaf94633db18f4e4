import { missingHops } from './hops.ts';
import type { ReceivedSpan } from './collector/otlp.ts';
import type { Spans } from './collector/read.ts';
import type { ReceivedWebhook } from './receiver.ts';

/** A pipeline's ends, wherever it runs. */
export interface Ends {
  apiUrl: string;
  aws: { endpoint: string };
  collector: Spans;
  /** Absent when webhooks go elsewhere. */
  receiver: { received(): ReceivedWebhook[] | Promise<ReceivedWebhook[]> } | undefined;
}

/** What one placement left behind at every end of the pipeline. */
export interface FirstPlacement {
  traceId: string;
  /** The placement as `GET /v1/placements/:id` answers it afterwards, with its file and its validation. */
  placement: PlacementAnswer;
  spans: ReceivedSpan[];
  /** Required hops that did not happen in time; empty when the trace is whole. */
  missing: string[];
  file: { bucket: string; key: string; content: string } | undefined;
  webhooks: { headers: Record<string, unknown>; body: string }[];
  /** From the request to the last hop. */
  tookMs: number;
}

export interface PlacementAnswer {
  id: string;
  video_id: string;
  product_id: string;
  file?: { bucket: string; key: string } | null;
  validation?: { verdict: string; reasons: string[] } | null;
}

/** How long the slowest hop may take: a cold start of three functions on a busy machine. */
const PATIENCE_MS = 45_000;

/**
 * Sends a video, a product and a placement through the API as a client would, and waits until every hop has happened.
 * @throws Error naming the request that was refused.
 */
export async function sendFirstPlacement(
  { apiUrl, collector, receiver, aws }: Ends,
  signal: AbortSignal,
): Promise<FirstPlacement> {
  const send = async (method: string, path: string, body?: unknown): Promise<{ json: unknown; headers: Headers }> => {
    const answer = await fetch(`${apiUrl}${path}`, {
      method,
      signal,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
    return { json: JSON.parse(text), headers: answer.headers };
  };

  const video = (await send('POST', '/v1/videos', { title: 'A day at the lake', duration: 90 })).json as { id: string };
  const product = (await send('POST', '/v1/products', { name: 'Canoe' })).json as { id: string };
  const started = performance.now();
  const wish = { video_id: video.id, product_id: product.id, start_time: 12.5, end_time: 20 };
  const created = await send('POST', '/v1/placements', wish);
  const { id } = created.json as { id: string };
  const traceId = /00-([0-9a-f]{32})-/.exec(created.headers.get('server-timing') ?? '')?.[1];
  if (!traceId)
    throw new Error('POST /v1/placements was answered without a Server-Timing header, so its trace is unknown');

  await collector.until(traceId, (spans) => missingHops(spans).length === 0, PATIENCE_MS, signal);
  const tookMs = performance.now() - started;
  const spans = await collector.spans(traceId);
  const placement = (await send('GET', `/v1/placements/${id}`)).json as PlacementAnswer;
  return {
    traceId,
    placement,
    spans,
    missing: missingHops(spans),
    file: placement.file ? { ...placement.file, content: await readObject(aws.endpoint, placement.file) } : undefined,
    webhooks: ((await receiver?.received()) ?? []).filter(({ body }) => body.includes(id)),
    tookMs,
  };
}

const readObject = async (endpoint: string, { bucket, key }: { bucket: string; key: string }): Promise<string> =>
  (await fetch(`${endpoint}/${bucket}/${key}`)).text();
