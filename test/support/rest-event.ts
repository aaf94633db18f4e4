import type { APIGatewayProxyEvent } from 'aws-lambda';

/** One HTTP request, as a test says it. */
export interface Asked {
  method: string;
  /** With its query, as on the request line. */
  path: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

/** The same request as API Gateway's REST API (v1) hands it to a function behind stage `prod`. */
export function restEvent({ method, path, headers = {}, body }: Asked): APIGatewayProxyEvent {
  const [resource = '/', query] = path.split('?', 2);
  const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()]));
  const parameters = new URLSearchParams(query ?? '');
  const multiValueQueryStringParameters = Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name)]),
  );
  return {
    resource: '/{proxy+}',
    path: resource,
    httpMethod: method,
    headers: lastOf(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: query === undefined ? null : lastOf(multiValueQueryStringParameters),
    multiValueQueryStringParameters: query === undefined ? null : multiValueQueryStringParameters,
    pathParameters: { proxy: resource.slice(1) },
    stageVariables: null,
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      authorizer: null,
      httpMethod: method,
      identity: { sourceIp: '127.0.0.1' } as APIGatewayProxyEvent['requestContext']['identity'],
      path: `/prod${resource}`,
      protocol: 'HTTP/1.1',
      requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
      requestTimeEpoch: 1_795_000_000_000,
      resourceId: 'resource',
      resourcePath: '/{proxy+}',
      stage: 'prod',
    },
    body: body === undefined ? null : body.toString(Buffer.isBuffer(body) ? 'base64' : 'utf8'),
    isBase64Encoded: Buffer.isBuffer(body),
  };
}

const lastOf = (values: Record<string, string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1) ?? '']));
