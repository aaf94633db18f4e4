import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceError, type Fail } from './errors.ts';
import { s3Operation, type Reply, type s3 } from './s3.ts';
import { xml } from './xml.ts';

type Operations = Record<string, (input: never, signal: AbortSignal) => object | Promise<object>>;

/** What the endpoint speaks: the operations of the JSON services by name, and S3. */
export interface Services {
  sqs: Operations;
  events: Operations;
  s3: ReturnType<typeof s3>;
}

interface Endpoint {
  url: string;
  /** Until then every call is answered 503. */
  serve(services: Services): void;
  close(): Promise<void>;
}

const BODY_LIMIT = 64 * 1024 * 1024;
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;
const TARGETS = { AmazonSQS: 'sqs', AWSEvents: 'events' } as const;

/**
 * One HTTP server on 127.0.0.1 for all services, told apart by `X-Amz-Target`; without that header it is S3.
 * Signatures are not checked. A Host that is not loopback is refused, so that no web page reaches this by a name it rebound.
 */
export async function listen({ port = 0, fail }: { port?: number | undefined; fail: Fail }): Promise<Endpoint> {
  let services: Services | undefined;
  const server = createServer((request, response) => {
    const aborted = new AbortController();
    response.setHeader('x-amzn-requestid', randomUUID());
    response.once('close', () => aborted.abort());
    void answer(request, services, fail, aborted.signal)
      .catch((error: unknown) => refusal(request, error))
      .then((reply) => respond(request, response, reply));
  });
  // Longer than any client keeps an idle connection, so that none is closed just as it is used again.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve());
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (given) => {
      services = given;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  services: Services | undefined,
  fail: Fail,
  signal: AbortSignal,
): Promise<Reply> {
  if (!LOOPBACK.test(request.headers.host ?? '')) {
    throw new ServiceError('AccessDenied', 'Only loopback hosts are served.', 403);
  }
  if (!services) throw new ServiceError('ServiceUnavailable', 'Starting.', 503);
  const body = await read(request);

  const [target, operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
  if (!target) return answerS3(request, body, services.s3, fail);
  const name = Object.hasOwn(TARGETS, target) ? TARGETS[target as keyof typeof TARGETS] : undefined;
  const perform = name && Object.hasOwn(services[name], operation) && services[name][operation];
  const unknown = `${target}.${operation} is not known here.`;
  if (!name || !perform) throw new ServiceError('UnknownOperationException', unknown);
  const input = parse(body);
  refuseOnRequest(fail(name, operation, input));
  const output = JSON.stringify(await perform(input, signal));
  return { status: 200, headers: { 'content-type': contentType(request) }, body: output };
}

function parse(body: Buffer): never {
  try {
    return JSON.parse(body.toString()) as never;
  } catch {
    throw new ServiceError('SerializationException', 'The body is not JSON.');
  }
}

function answerS3(request: IncomingMessage, body: Buffer, s3: Services['s3'], fail: Fail): Reply {
  // Not by `new URL`, which would resolve the dots that a key may hold.
  const [path = '', search] = (request.url ?? '/').split('?');
  const [, bucket = '', ...key] = path.split('/');
  const call = {
    method: request.method ?? 'GET',
    bucket: decode(bucket),
    key: decode(key.join('/')),
    query: new URLSearchParams(search),
    headers: request.headers,
    body,
  };
  const operation = s3Operation(call);
  refuseOnRequest(fail('s3', operation, { bucket: call.bucket, key: call.key }));
  return s3[operation](call);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServiceError('InvalidURI', 'The path is not percent-encoded UTF-8.');
  }
}

function respond(request: IncomingMessage, response: ServerResponse, { status, headers = {}, body = '' }: Reply): void {
  const isHead = request.method === 'HEAD';
  const length = isHead ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...headers, ...length }).end(isHead ? undefined : body);
}

function refuseOnRequest(failure: { status: number; code: string } | undefined): void {
  if (failure) throw new ServiceError(failure.code, 'Refused on request.', failure.status);
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw new ServiceError('EntityTooLarge', 'At most 64 MiB are read here.', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const contentType = (request: IncomingMessage): string =>
  request.headers['content-type'] ?? 'application/x-amz-json-1.0';

/** SQS names a few errors differently in the header that keeps clients of its older protocol working. */
const OLDER_NAMES: Record<string, string> = { QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue' };
const PREFIXED = /Batch|MessageNotInflight|UnsupportedOperation/;

function refusal(request: IncomingMessage, error: unknown): Reply {
  const known = error instanceof ServiceError ? error : new ServiceError('InternalFailure', String(error), 500);
  const { status, code, message } = known;
  if (request.headers['x-amz-target'] === undefined) {
    return {
      status,
      headers: { 'content-type': 'application/xml' },
      body: xml({ Error: { Code: code, Message: message } }),
    };
  }
  const older = OLDER_NAMES[code] ?? (PREFIXED.test(code) ? `AWS.SimpleQueueService.${code}` : code);
  const headers = {
    'content-type': contentType(request),
    'x-amzn-query-error': `${older};${status < 500 ? 'Sender' : 'Receiver'}`,
  };
  return { status, headers, body: JSON.stringify({ __type: code, message }) };
}
