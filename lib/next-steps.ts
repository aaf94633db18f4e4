import { randomBytes } from 'node:crypto';

/** What was deployed, as its outputs tell. */
export interface Deployed {
  region: string;
  outputs: Record<string, string>;
  /** Whether traces are in X-Ray; `true` unless said otherwise. */
  inXRay?: boolean;
  /** Whether the API is open to anybody; then a caller's trace is not continued. */
  open: boolean;
}

/** A trace id X-Ray takes wherever it comes from: it begins with the second it was made in. */
export const aTraceId = (now: Date = new Date()): string =>
  Math.floor(now.getTime() / 1000)
    .toString(16)
    .padStart(8, '0') + randomBytes(12).toString('hex');

/** Where the X-Ray console shows a trace; its own form of an id has two hyphens. */
const traceUrl = (region: string, traceId: string): string =>
  `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#xray:traces/1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;

/**
 * Commands for a shell that send a placement through the deployed API, to be pasted as they are, also twice: names and keys
 * are new in every text, and a retry has no second effect.
 */
export function nextSteps({ region, outputs, open, inXRay = true }: Deployed): string {
  const run = randomBytes(3).toString('hex');
  const traceId = aTraceId();
  const url = (outputs['ApiUrl'] ?? '').replace(/\/$/, '');
  const post = (path: string, body: object, ...more: string[]) =>
    [
      `nedlia ${url}${path}`,
      ...more,
      `-H 'idempotency-key: ${run}-${path.slice(1)}'`,
      `-d '${JSON.stringify(body)}'`,
    ].join(' ');
  const traceparent = `-H 'traceparent: 00-${traceId}-${randomBytes(8).toString('hex')}-01'`;
  const placement = { video_id: `lake-${run}`, product_id: `canoe-${run}`, start_time: 12.5, end_time: 20 };
  return [
    '# Send a placement. The first request waits for the database to resume, so it is tried again.',
    ...(open ? [unsigned] : signed(region)),
    post('/v1/videos', { id: `lake-${run}`, title: 'A day at the lake', duration: 90 }),
    post('/v1/products', { id: `canoe-${run}`, name: 'Canoe' }),
    post('/v1/placements', placement, ...(open ? [] : [traceparent])),
    '',
    ...itsTrace({ region, traceId, open, inXRay }),
    ...(outputs['DashboardUrl'] ? ['# The dashboard:', outputs['DashboardUrl']] : []),
  ].join('\n');
}

function itsTrace({
  region,
  traceId,
  open,
  inXRay,
}: Omit<Required<Deployed>, 'outputs'> & { traceId: string }): string[] {
  const digits = 'the 32 digits after "00-" in Server-Timing of the last answer';
  if (!inXRay) return [`# Its trace, where the Collector sends it: ${open ? digits : traceId}`];
  if (!open) return ['# Its trace, half a minute later:', traceUrl(region, traceId)];
  const console = traceUrl(region, '').replace(/\/1--$/, '');
  return [`# Its trace: ${digits}, in the X-Ray console as 1-<8 digits>-<24 digits>`, console];
}

// Tried again for as long as a paused database may take to resume; curl waits what Retry-After says.
const CURL = `curl -sS -i --retry 5 --retry-all-errors -H 'content-type: application/json'`;
const unsigned = `nedlia() { ${CURL} "$@"; echo; }`;

/** An empty token is no header for curl, so keys of a user work as those of a session do. */
const signed = (region: string): string[] => [
  '# It is signed with AWS_ACCESS_KEY_ID and so on; with a profile: eval "$(aws configure export-credentials --format env)"',
  `nedlia() { ${CURL} --aws-sigv4 aws:amz:${region}:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-security-token: $AWS_SESSION_TOKEN" "$@"; echo; }`,
];
