import { Webhook } from 'standardwebhooks';

/** Bytes a webhook's body may have, far beyond what the specification advises (20 kB) and what we send. */
export const MAX_BODY = 1024 * 1024;

/** A request as it came, whichever server took it. */
export interface WebhookRequest {
  method: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** Taken, and what it was; or the status that says why not. */
export type Verdict = { status: 204; id: string; type: string | undefined } | { status: 401 | 405 | 413 };

const MAX_TYPE = 100;

/**
 * Judges webhooks as a careful customer would: signed over id, timestamp and body by one of these secrets, and at most five
 * minutes old or early, so that an overheard one is soon worth nothing. A subscriber that acts on them still has to
 * remember each `webhook-id`, for a genuine one may come twice.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#verifying-webhook-authenticity
 */
export function webhookReceiver(secrets: readonly string[]): (request: WebhookRequest) => Verdict {
  const verifiers = secrets.map((secret) => new Webhook(secret));
  return ({ method, headers, body }) => {
    if (method !== 'POST') return { status: 405 };
    if (body.length > MAX_BODY) return { status: 413 };
    const single = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    const signed = Object.fromEntries(single);
    if (!verifiers.some((verifier) => isGenuine(verifier, body, signed))) return { status: 401 };
    return { status: 204, id: signed['webhook-id'] ?? '', type: typeOf(body) };
  };
}

function isGenuine(verifier: Webhook, body: Buffer, headers: Record<string, string>): boolean {
  try {
    verifier.verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

/** What the body says it is about; nothing where it is no JSON object with a `type`. */
function typeOf(body: Buffer): string | undefined {
  try {
    const { type } = JSON.parse(body.toString('utf8')) as { type?: unknown };
    return typeof type === 'string' ? type.slice(0, MAX_TYPE) : undefined;
  } catch {
    return undefined;
  }
}
