import { Webhook } from 'standardwebhooks';
import { Permanent } from '../../core/permanent.ts';
import { Unavailable } from '../../core/unavailable.ts';
import { traceHttpCall } from '../../telemetry/edges/http-client.ts';
import { post, type Answer } from './post.ts';
import { addressesOf, type TargetOptions } from './target.ts';

/** What is sent: `id` and `body` are the same in every attempt. */
export interface WebhookMessage {
  id: string;
  body: string;
  /** 1 for the first time. */
  attempt: number;
}

export interface WebhookOptions extends TargetOptions {
  url: URL;
  /** Standard Webhooks secrets as of now; each gives a signature of its own. */
  secrets: () => Promise<readonly string[]>;
  /** For the whole attempt, name resolution and answer included; 15 s when not given. */
  deadlineMs?: number;
}

/** Statuses beside 5xx that say "not now": timeout, conflict, too early, too many. */
const AGAIN = new Set([408, 409, 425, 429]);
const MAX_RETRY_AFTER_SECONDS = 900;

/**
 * Sends webhooks as Standard Webhooks wants them (github.com/standard-webhooks/standard-webhooks, specification): resolves on 2xx.
 * Timestamp and signature belong to the attempt, id and body bytes to the message.
 * @throws Permanent `webhook-target-refused`, or `webhook-rejected` on 3xx (never followed) and 4xx.
 * @throws Unavailable when the answer names its Retry-After; any other Error on 408, 409, 425, 429, 5xx, and from the network.
 */
export function webhookSender({ url, secrets, deadlineMs = 15_000, ...target }: WebhookOptions) {
  return async ({ id, body, attempt }: WebhookMessage, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    const within = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
    const signers = (await secrets()).map((secret) => new Webhook(secret));
    const addresses = await Promise.race([addressesOf(url, target), aborted(within)]);
    const now = new Date();
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'nedlia-notifier',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signers.map((signer) => signer.sign(id, now, body)).join(' '),
    };
    // Slack's and others' paths are secrets: whoever knows one can post.
    const answer = await traceHttpCall({ method: 'POST', url, hidePath: true, headers, attempt }, (all) =>
      post(url, addresses, body, within, all),
    );
    judge(answer);
  };
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
