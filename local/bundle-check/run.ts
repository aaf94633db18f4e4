import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import {
  type ConsumerName,
  placementCreated,
  placementFileGenerated,
  placementValidated,
  service,
} from '../../events/catalogue.ts';
import type { FunctionHandle } from '../aws/functions.ts';
import { missingHops } from '../hops.ts';
import type { BundleCheck } from './judge.ts';
import { judge } from './judge.ts';
import { absent, missingBundles, stopped } from './not-run.ts';
import { functionUrlRequest, nudge, restRequest } from './requests.ts';
import type { Stage, StageOptions } from './stage.ts';
import { openStage } from './stage.ts';
import type { Sent } from './wire.ts';

/** A placement takes a second or two; where a context is lost the trace is never whole, which is seen earlier by the quiet. */
const PATIENCE_MS = 30_000;
const QUIET_MS = 2500;

/**
 * Runs every built handler, as it is, on AWS on loopback with a placement of its own, and looks at what it sent and exported.
 * Takes some six seconds, most of them PostgreSQL and the template. Throws only when the signal is aborted.
 */
export async function checkBundles(options: StageOptions): Promise<BundleCheck[]> {
  const missing = missingBundles(options.dist);
  if (missing.length > 0) return absent(options.dist, missing);
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const stage = await openStage(options, stops);
    options.tell('a placement through every handler');
    await place(stage, options.signal);
    const before = stage.wire.sent.length;
    options.tell('what is left, through the relay');
    await relay(stage);
    // A function exports before it answers, so with nothing in flight all that will come is there.
    for (const end = Date.now() + PATIENCE_MS; !(await stage.aws.idle()) && Date.now() < end;)
      await sleep(20, undefined, { signal: options.signal });
    return verdicts(stage, stage.wire.sent.slice(0, before), stage.wire.sent.slice(before));
  } catch (error) {
    options.signal.throwIfAborted();
    return stopped(error as Error);
  } finally {
    for (const stop of stops.toReversed()) await stop().catch(() => undefined);
  }
}

/** One placement, one command, and one webhook to the deployed receiver. */
async function place({ api, webhooks, aws, collector, receiver, wire }: Stage, signal: AbortSignal): Promise<void> {
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = (await invoke(api, restRequest(method, path, body))) as { statusCode: number; body: string };
    if (answer.statusCode >= 300) throw new Error(`nedlia-api answered ${method} ${path} with ${answer.statusCode}`);
    return JSON.parse(answer.body) as { id: string };
  };
  const video = await ask('POST', '/v1/videos', { title: 'A doctor’s day', duration: 90 });
  const product = await ask('POST', '/v1/products', { name: 'Stethoscope' });
  const wish = { video_id: video.id, product_id: product.id, start_time: 1, end_time: 9 };
  const { id } = await ask('POST', '/v1/placements', wish);

  const isWhole = () =>
    receiver.received().length >= 3 &&
    [...Map.groupBy(collector.spans(), ({ traceId }) => traceId).values()].some(
      (spans) => missingHops(spans).length === 0,
    );
  const isQuiet = quietness(() => `${wire.sent.length} ${wire.called.length} ${collector.spans().length}`);
  for (const end = Date.now() + PATIENCE_MS; !isWhole() && Date.now() < end; await sleep(50, undefined, { signal })) {
    if (isQuiet() && (await aws.idle())) break;
  }
  await ask('POST', `/v1/placements/${id}/regenerate`);
  const [webhook] = receiver.received();
  if (webhook) await invoke(webhooks, functionUrlRequest(webhook));
}

/** Makes an event look unsaid, so that the relay says it. */
async function relay({ aws, db }: Stage): Promise<void> {
  const { name } = placementValidated;
  await sql`update outbox set published_at = null, created_at = now() - interval '10 s' where name = ${name}`.execute(
    db,
  );
  const fn = aws.functions.find((one) => one.name === service.relay);
  if (fn) await invoke(fn, nudge());
}

const invoke = (fn: FunctionHandle, event: object): Promise<unknown> =>
  fn.invoke(event).catch((error: Error) => {
    throw new Error(`${fn.name} failed: ${error.message}`, { cause: error });
  });

function verdicts({ collector, receiver, wire }: Stage, sent: Sent[], sentByRelay: Sent[]): BundleCheck[] {
  const webhooks = receiver
    .received()
    .map(({ headers }) => ({ what: 'webhook', traceparent: String(headers['traceparent'] ?? '') }));
  const all = {
    sent: [...sent, ...webhooks],
    called: wire.called,
    spans: collector.spans(),
    sends: [],
    calls: [],
    heard: [],
  };
  const heard = sent.filter(({ what }) => what === event(placementCreated));
  return [
    judge({ ...all, service: service.api, sends: [event(placementCreated), `message to ${service.fileGenerator}`] }),
    ...Object.entries(consumers).map(([name, own]) =>
      judge({ ...all, heard, ...own, service: service[name as ConsumerName] }),
    ),
    judge({ ...all, service: service.relay, sends: [event(placementValidated)], sent: sentByRelay }),
    judge({ ...all, service: service.receiver, heard: webhooks }),
    { bundle: 'migrate', state: 'ok', seen: ['loads; no trace leads to it'] },
  ];
}

const event = ({ name }: { name: string }): string => `event ${name}`;

/** What each consumer is known to do with a placement it hears of. */
const consumers: Record<ConsumerName, { sends: string[]; calls: string[] }> = {
  fileGenerator: { sends: [event(placementFileGenerated)], calls: ['S3.PutObject'] },
  validator: { sends: [event(placementValidated)], calls: [] },
  notifier: { sends: ['webhook'], calls: [] },
};

/** True once nothing has changed for a while. */
function quietness(look: () => string): () => boolean {
  let [last, since] = [look(), Date.now()];
  return () => {
    const now = look();
    if (now !== last) [last, since] = [now, Date.now()];
    return Date.now() - since > QUIET_MS;
  };
}
