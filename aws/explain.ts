/** What AWS or its SDK says when it is not the request that is wrong, and what to do about it. */
const KNOWN: [RegExp, string][] = [
  [
    /CredentialsProviderError|Could not load credentials|TokenProviderError/,
    'there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (after "aws sso login" with SSO)',
  ],
  [/Region is missing/, 'there is no AWS region: set AWS_REGION, for example to eu-central-1'],
  [
    /ExpiredToken|TokenRefreshRequired|RequestExpired/,
    'the AWS credentials have expired: get new ones ("aws sso login", or a new session)',
  ],
  [
    /InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|AuthFailure/,
    'the AWS credentials are refused: they are wrong, or of another partition or an inactive key',
  ],
];

/** An error of an AWS call as one line that says what is wrong and what to do. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = `${error.name}: ${error.message}`;
  const known = KNOWN.find(([pattern]) => pattern.test(said))?.[1];
  if (known) return known;
  const { code } = error as NodeJS.ErrnoException;
  if (code && /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH)$/.test(code)) {
    const where = process.env['AWS_ENDPOINT_URL'] ?? `AWS in ${process.env['AWS_REGION'] ?? 'this region'}`;
    return `nothing answers at ${where} (${code}): is it running, is the network there, is the region right?`;
  }
  // Of what a service says, the code is what one searches for.
  return ('$metadata' in error ? said : error.message).replaceAll(/\s+/g, ' ');
}
