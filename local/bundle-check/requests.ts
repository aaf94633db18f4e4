import type { ReceivedWebhook } from '../receiver.ts';

/** A request as API Gateway's REST API hands it to the API's bundle. */
export function restRequest(method: string, path: string, body?: unknown): object {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    requestContext: {
      identity: { sourceIp: '127.0.0.1' },
      requestId: 'doctor',
      stage: 'local',
      path: `/local${path}`,
      resourcePath: '/{proxy+}',
      httpMethod: method,
    },
    body: body === undefined ? null : JSON.stringify(body),
    isBase64Encoded: false,
  };
}

/** A webhook as Lambda hands it to the receiver's bundle behind a function URL. */
export function functionUrlRequest({ headers, body }: ReceivedWebhook): object {
  const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return {
    version: '2.0',
    rawPath: '/',
    rawQueryString: '',
    headers: flat,
    requestContext: {
      domainName: 'doctor.local',
      requestId: 'doctor',
      http: { method: 'POST', path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
    },
    body,
    isBase64Encoded: false,
  };
}

/** A nudge as the relay's queue hands it over. */
export const nudge = (): object => ({
  Records: [
    {
      messageId: 'doctor',
      receiptHandle: 'doctor',
      body: '{}',
      attributes: { ApproximateReceiveCount: '1' },
      messageAttributes: {},
    },
  ],
});
