import type { LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { Permanent } from '../../core/permanent.ts';
import { Unavailable } from '../../core/unavailable.ts';
import { traceHttpCall } from '../../telemetry/edges/http-client.ts';
import { addressesOf, type TargetOptions } from './target.ts';

/** What is sent: `id` and `body` are the same in every attempt. */
export interface WebhookMessage {
  id: string;
  body: string;
  correlationId: string | undefined;
}

export interface WebhookOptions extends TargetOptions {
  url: URL;
  /** Standard Webhooks secrets; each gives a signature of its own. */
  secrets: string[];
}

interface Answer {
  statusCode: number;
  headers: IncomingHttpHeaders;
}

const DEADLINE_MS = 15_000;
/** Of an answer's body; nobody reads it, but an end that is waited for leaves the other side without a reset connection. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Statuses beside 5xx that say "not now": timeout, conflict, too early, too many. */
const AGAIN = new Set([408, 409, 425, 429]);
const MAX_RETRY_AFTER_SECONDS = 900;

/**
 * Sends webhooks as Standard Webhooks wants them (github.com/standard-webhooks/standard-webhooks, specification): resolves on 2xx.
 * Timestamp and signature belong to the attempt, id and body bytes to the message.
 * @throws Permanent `webhook-target-refused`, or `webhook-rejected` on 3xx (never followed) and 4xx.
 * @throws Unavailable when the answer names its Retry-After; any other Error on 408, 409, 425, 429, 5xx, and from the network.
 */
export function webhookSender({ url, secrets, ...target }: WebhookOptions) {
  const signers = secrets.map((secret) => new Webhook(secret));

  return async ({ id, body, correlationId }: WebhookMessage, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    const within = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
    const addresses = await Promise.race([addressesOf(url, target), aborted(within)]);
    const now = new Date();
    const answer = await traceHttpCall({ method: 'POST', url }, (traceHeaders) =>
      post(url, addresses, body, within, {
        ...traceHeaders,
        'content-type': 'application/json',
        'user-agent': 'nedlia-notifier',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': signers.map((signer) => signer.sign(id, now, body)).join(' '),
        ...(correlationId && { 'x-correlation-id': correlationId }),
      }),
    );
    judge(answer);
  };
}

/** One connection for one webhook: a kept one would be found dead after a function's freeze. */
function post(
  url: URL,
  addresses: LookupAddress[],
  body: string,
  signal: AbortSignal,
  headers: Record<string, string>,
): Promise<Answer> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const length = String(Buffer.byteLength(body));
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': length },
        agent: false,
        lookup: pinned(addresses),
        signal,
      },
      (response) => {
        const answer = { statusCode: response.statusCode ?? 0, headers: response.headers };
        void drained(response).then(() => resolve(answer));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Answers every question for an address with the checked ones. */
const pinned =
  (addresses: LookupAddress[]): LookupFunction =>
  (_hostname, { all }, done) => {
    const [first] = addresses;
    if (all) done(null, addresses);
    else done(first ? null : new Error('no address'), first?.address ?? '', first?.family);
  };

/** Waits for the end of an answer's body, or for its limit; the status has been said, so an end that never comes is no failure. */
async function drained(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_ANSWER_BYTES) break;
    }
  } catch {
    // Cut off or past the deadline.
  }
}

function judge({ statusCode, headers }: Answer): void {
  if (statusCode >= 200 && statusCode < 300) return;
  const said = `the webhook was answered with ${statusCode}`;
  if (statusCode < 500 && !AGAIN.has(statusCode)) throw new Permanent('webhook-rejected', said);
  const retryAfter = secondsOf(headers['retry-after']);
  throw retryAfter ? new Unavailable(said, { retryAfter }) : new Error(said);
}

/** Retry-After as whole seconds from now: a number or an HTTP date (RFC 9110 §10.2.3), at most a quarter of an hour. */
function secondsOf(retryAfter: string | undefined): number {
  if (!retryAfter) return 0;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return seconds > 0 ? Math.min(Math.ceil(seconds), MAX_RETRY_AFTER_SECONDS) : 0;
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
