import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { text } from 'node:stream/consumers';

/** One request as the SDK sent it. */
export interface AwsRequest {
  /** The operation's name, or for S3 method and path. */
  operation: string;
  headers: Record<string, unknown>;
  body: string;
  /** The body as an object, when it is JSON. */
  input: Record<string, unknown>;
}

export interface AwsAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: object | string;
  /** Accepts the request and does not answer. */
  never?: boolean;
}

/**
 * An HTTP server in the place of AWS, and the environment that sends unmodified SDK clients there. It speaks no service's
 * language: the test says what is answered.
 */
export async function startAwsEndpoint(
  t: Pick<TestContext, 'after'>,
  answer: (request: AwsRequest) => AwsAnswer,
): Promise<{ requests: AwsRequest[]; url: string; port: number }> {
  const requests: AwsRequest[] = [];
  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = await text(incoming);
    const { 'x-amz-target': target } = incoming.headers;
    const operation = typeof target === 'string' ? target.split('.')[1] : `${incoming.method} ${incoming.url}`;
    const input = body.startsWith('{') ? (JSON.parse(body) as Record<string, unknown>) : {};
    const request = { operation: operation ?? '', headers: incoming.headers, body, input };
    requests.push(request);
    const { status = 200, headers = {}, body: answered = {}, never } = answer(request);
    if (never) return;
    response.writeHead(status, { 'x-amzn-requestid': 'request-1', ...headers });
    response.end(typeof answered === 'string' ? answered : JSON.stringify(answered));
  };
  const server = createServer((incoming, response) => void serve(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  t.after(() => {
    process.env = before;
    server.closeAllConnections();
    server.close();
  });
  return { requests, url, port };
}
