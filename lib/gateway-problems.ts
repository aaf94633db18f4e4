import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';

interface GatewayProblem {
  status: number;
  code: string;
  title: string;
  /** Seconds after which another try is worth it. */
  retryAfter?: number;
}

const unsigned: GatewayProblem = {
  status: 403,
  code: 'forbidden',
  title: 'The request is not signed by a permitted caller',
};
const tooMany: GatewayProblem = {
  status: 429,
  code: 'too-many-requests',
  title: 'There are too many requests',
  retryAfter: 1,
};

/** What API Gateway answers when a request does not get to the function, or its answer not back. */
const answers: [id: string, type: ResponseType, problem: GatewayProblem][] = [
  ['AccessDenied', ResponseType.ACCESS_DENIED, unsigned],
  ['ExpiredToken', ResponseType.EXPIRED_TOKEN, unsigned],
  ['InvalidSignature', ResponseType.INVALID_SIGNATURE, unsigned],
  ['MissingToken', ResponseType.MISSING_AUTHENTICATION_TOKEN, unsigned],
  ['Throttled', ResponseType.THROTTLED, tooMany],
  ['QuotaExceeded', ResponseType.QUOTA_EXCEEDED, tooMany],
  ['TooLarge', ResponseType.REQUEST_TOO_LARGE, { status: 413, code: 'body-too-large', title: 'The body is too large' }],
  ['Default4xx', ResponseType.DEFAULT_4XX, { status: 400, code: 'invalid-request', title: 'The request is not valid' }],
  // Crashes, time-outs and wrong answers of the function alike: whoever asks has to come again.
  [
    'Default5xx',
    ResponseType.DEFAULT_5XX,
    { status: 503, code: 'unavailable', title: 'Not available right now', retryAfter: 5 },
  ],
];

/** Makes API Gateway's own answers problems like the API's (RFC 9457). There was no trace, so they name none. */
export function answerAsProblems(gateway: RestApi): void {
  for (const [id, type, { status, code, title, retryAfter }] of answers) {
    gateway.addGatewayResponse(id, {
      type,
      statusCode: String(status),
      responseHeaders: {
        'Content-Type': "'application/problem+json'",
        ...(retryAfter !== undefined && { 'Retry-After': `'${retryAfter}'` }),
      },
      templates: {
        'application/json': JSON.stringify({ type: `urn:nedlia:problem:${code}`, title, status, detail: title, code }),
      },
    });
  }
}
