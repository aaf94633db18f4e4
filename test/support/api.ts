import assert from 'node:assert/strict';
import { request as httpRequest, type Server } from 'node:http';
import { after } from 'node:test';
import type { Context } from 'aws-lambda';
import type { FastifyInstance } from 'fastify';
import { adapt } from '../../api/adapt.ts';
import { type AppOptions, buildApp } from '../../api/app.ts';
import type { Deps } from '../../api/connect.ts';
import { writer } from '../../outbox/write.ts';
import { type Database, ping } from '../../store/database.ts';
import type { OutboxRow } from '../../store/outbox.ts';
import { freshDatabase } from './database.ts';
import { type Asked, restEvent } from './rest-event.ts';
import { recordSpans } from './spans.ts';

export interface Answered {
  status: number;
  headers: Record<string, string>;
  text: string;
  // Looked at field by field; the shapes are what these tests are about.
  json: Record<string, any>; // oxlint-disable-line typescript/no-explicit-any
}

/** One of the two ways in. Both lead to an app of their own over the same database. */
export interface Door {
  name: 'http' | 'lambda';
  ask(asked: Asked): Promise<Answered>;
  /** With a JSON body. */
  send(method: string, path: string, body?: unknown, headers?: Asked['headers']): Promise<Answered>;
}

export interface Api {
  db: Database;
  databaseUrl: string;
  doors: Door[];
  http: Door;
  /** Where the HTTP door listens. */
  port: number;
  server: Server;
  /** What was handed to `publish`, in order. */
  published: OutboxRow[];
  spans: ReturnType<typeof recordSpans>;
  /** A video (600 s) and a product, new. */
  material(): Promise<{ video_id: string; product_id: string }>;
}

/** Opens both doors of the API over a database of its own; queues and bus are doubles. For the top of a test file: closed after its tests. */
export async function openApi(
  overrides: Partial<Deps & AppOptions> = {},
  spans = recordSpans({ after: (done) => after(done as () => void) }),
): Promise<Api> {
  const { url: databaseUrl, db } = await freshDatabase();
  const published: OutboxRow[] = [];
  const deps: Deps = {
    db,
    say: writer(async () => {}),
    publish: async (rows) => void published.push(...rows),
    ping: () => ping(db),
    ...overrides,
  };
  const options: AppOptions = { edge: 'continue', onRequestDone: () => {}, ...overrides };
  const { port, server, door: http } = await httpDoor(await buildApp(deps, options));
  const lambda = await lambdaDoor(await buildApp(deps, options));
  return {
    db,
    databaseUrl,
    doors: [http, lambda],
    http,
    port,
    server,
    published,
    spans,
    material: () => material(http),
  };
}

async function httpDoor(app: FastifyInstance): Promise<{ port: number; server: Server; door: Door }> {
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  after(() => app.close());
  const ask = (asked: Asked) => askOverHttp(Number(port), asked);
  return { port: Number(port), server: app.server, door: { name: 'http', ask, send: sending(ask) } };
}

export async function lambdaDoor(app: FastifyInstance): Promise<Door> {
  const handler = await adapt(Promise.resolve(app), { flush: async () => {} });
  after(() => app.close());
  const ask = async (asked: Asked): Promise<Answered> => {
    const { statusCode, headers, body } = await handler(restEvent(asked), {} as Context);
    const flat = Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
    return { status: statusCode, headers: flat, text: body, json: parse(body) };
  };
  return { name: 'lambda', ask, send: sending(ask) };
}

const sending =
  (ask: Door['ask']): Door['send'] =>
  (method, path, body, headers = {}) =>
    ask({
      method,
      path,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

/** Node's own client: unlike `fetch`, it sends a path and headers as they are given. */
export function askOverHttp(port: number, { method, path, headers = {}, body }: Asked): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { host: '127.0.0.1', port, method, path, headers: { ...length, ...headers }, agent: false };
    const request = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const flat = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
        resolve({ status: response.statusCode ?? 0, headers: flat, text, json: parse(text) });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function parse(text: string): Answered['json'] {
  try {
    return JSON.parse(text) as Answered['json'];
  } catch {
    return {};
  }
}

async function material(door: Door): Promise<{ video_id: string; product_id: string }> {
  const video = await door.send('POST', '/v1/videos', { title: 'A day at the lake', duration: 600 });
  const product = await door.send('POST', '/v1/products', { name: 'Canoe' });
  assert.deepEqual([video.status, product.status], [201, 201], video.text + product.text);
  return { video_id: String(video.json['id']), product_id: String(product.json['id']) };
}

/** Fails unless the answer is a problem of ours, complete and quiet about what was sent. */
export function assertProblem(answered: Answered, status: number, code: string, pointer?: string): void {
  assert.equal(answered.status, status, answered.text.slice(0, 500));
  assert.equal(answered.headers['content-type'], 'application/problem+json');
  const { json } = answered;
  for (const member of ['type', 'title', 'detail', 'instance', 'trace_id']) {
    assert.equal(typeof json[member], 'string', `${member} in ${answered.text.slice(0, 500)}`);
  }
  assert.equal(json['status'], status);
  assert.equal(json['code'], code);
  assert.match(String(json['trace_id']), /^[0-9a-f]{32}$/);
  assert.ok(
    answered.headers['server-timing']?.includes(`00-${json['trace_id']}-`),
    'Server-Timing names the same trace',
  );
  if (pointer !== undefined) {
    const pointers = (json['errors'] as { pointer: string }[]).map((error) => error.pointer);
    assert.ok(pointers.includes(pointer), `${pointer} among ${pointers.join(', ')}`);
  }
}
