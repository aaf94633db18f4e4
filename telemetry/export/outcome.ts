import { redact } from '../safe/redact.ts';
import { publicText } from '../safe/url.ts';

/** What an exporter tells the SDK: `ExportResult` of @opentelemetry/core, which is no dependency of ours. */
export interface Outcome {
  /** 0 for success, 1 for failure. */
  code: 0 | 1;
  error?: Error;
}

/** Longer than what a peer says of itself in a line or two. */
const MAX_REASON = 300;

/** Why an export failed, in a line with secrets masked; the stock exporters' errors say only half of it in their message. */
export function reasonOf(failure: Error): string {
  const code = 'code' in failure ? failure.code : undefined;
  // Of several addresses tried at once (`localhost`), none answered: the message is empty.
  if (failure.message === '') return typeof code === 'string' ? code : failure.name;
  const isStatus = typeof code === 'number' && code >= 100;
  return redact(publicText(isStatus ? `answered ${code} ${failure.message}` : failure.message), MAX_REASON);
}

/** By number: https://grpc.io/docs/guides/status-codes/ */
const GRPC =
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'.split(
    ' ',
  );

/** What exporters say themselves, ours and the stock ones, before anything a backend has said. */
const OWN_WORDS = /^(?:answered [1-5]\d\d(?= |$)|no answer within \d+ ms$|the exporter (?:failed|threw)$)/;
const STOCK_WORDS: Record<string, string> = {
  'Request timed out': 'no answer in time',
  'Export failed with retryable status': 'asked to try again later',
};

/**
 * Why an export failed, in one of a few forms in which nothing of the backend's is repeated: `ECONNREFUSED`, `answered 403`,
 * `gRPC UNAVAILABLE`, `no answer within 500 ms`, `no AWS credentials`; `failed` for all others.
 */
export function kindOf(failure: Error): string {
  const code = 'code' in failure ? failure.code : undefined;
  if (typeof code === 'number')
    return code >= 100 && code < 600 ? `answered ${code}` : `gRPC ${GRPC[code] ?? 'UNKNOWN'}`;
  // Codes of the system's, of TLS and of Node's are words of this form; nobody else sets them.
  if (typeof code === 'string' && /^(?=.{2,50}$)[A-Z][A-Z\d]*(?:_[A-Z\d]+)*$/.test(code)) return code;
  if (/credentials/i.test(failure.name)) return 'no AWS credentials';
  return OWN_WORDS.exec(failure.message)?.[0] ?? STOCK_WORDS[failure.message] ?? 'failed';
}

/** What became of an export, as the SDK wants to hear it; never rejects. */
export async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  try {
    await work;
    return { code: 0 };
  } catch (thrown) {
    return { code: 1, error: thrown instanceof Error ? thrown : new Error('the exporter failed') };
  }
}
