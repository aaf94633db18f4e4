import type { LambdaFunctionURLEvent } from 'aws-lambda';

/** One HTTP request, as a test says it. A body of bytes travels as base64, as Lambda does with what it takes for binary. */
export interface AskedOfUrl {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** The request as Lambda hands it to a function behind a function URL (payload format 2.0). */
export function functionUrlEvent({
  method = 'POST',
  path = '/',
  headers = {},
  body,
}: AskedOfUrl): LambdaFunctionURLEvent {
  const domainName = 'abc.lambda-url.eu-central-1.on.aws';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: { host: domainName, ...headers },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'abc',
      domainName,
      domainPrefix: 'abc',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'nedlia-notifier' },
      requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
      routeKey: '$default',
      stage: '$default',
      time: '20/Nov/2026:12:00:00 +0000',
      timeEpoch: 1_795_000_000_000,
    },
    ...(body !== undefined && { body: body.toString(Buffer.isBuffer(body) ? 'base64' : 'utf8') }),
    isBase64Encoded: Buffer.isBuffer(body),
  };
}
