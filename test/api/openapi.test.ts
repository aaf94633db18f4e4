import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problems } from '../../api/problems/problem.ts';
import { openApi } from '../support/api.ts';

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  parameters?: { name: string; in: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; headers?: object; content?: Record<string, Content> }>;
}
interface Content {
  schema: { $ref?: string };
  examples?: Record<string, { value: { status: number; code: string } }>;
}

const api = await openApi();
const { json: document } = await api.http.send('GET', '/openapi.json');
const paths = document['paths'] as Record<string, Record<string, Operation>>;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);
const of = (name: string) => operations.find((one) => one.name === name)!.operation;

test('both doors show the same document, OpenAPI 3.1', async () => {
  assert.equal(document['openapi'], '3.1.0');
  for (const door of api.doors) assert.deepEqual((await door.send('GET', '/openapi.json')).json, document);
});

test('it lists every route there is, each with its name, summary and tag', () => {
  assert.deepEqual(operations.map(({ name }) => name).sort(), [
    'DELETE /v1/placements/{id}',
    'GET /health',
    'GET /health/live',
    'GET /health/ready',
    'GET /health/telemetry',
    'GET /v1/placements',
    'GET /v1/placements/{id}',
    'GET /v1/products',
    'GET /v1/products/{id}',
    'GET /v1/videos',
    'GET /v1/videos/{id}',
    'POST /v1/placements',
    'POST /v1/placements/{id}/regenerate',
    'POST /v1/products',
    'POST /v1/videos',
  ]);
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, operations.length);
  for (const { name, operation } of operations) {
    assert.ok(operation.operationId && operation.summary && operation.tags?.length === 1, name);
  }
});

test('every operation says what it answers: one success, and its problems as problem+json with examples', () => {
  for (const { name, operation } of operations) {
    const statuses = Object.keys(operation.responses);
    assert.equal(statuses.filter((status) => status.startsWith('2')).length, 1, name);
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      assert.ok(description, `${name} ${status}`);
      if (Number(status) < 400) continue;
      const problem = content?.['application/problem+json'];
      assert.equal(problem?.schema.$ref, '#/components/schemas/Problem', `${name} ${status}`);
      for (const [code, { value }] of Object.entries(problem.examples ?? {})) {
        assert.deepEqual([value.code, value.status], [code, Number(status)]);
      }
    }
    if (name.includes('/v1/')) assert.ok(statuses.includes('400') && statuses.includes('503'), name);
  }
});

test('every reference leads somewhere, and every problem code is in the schema', () => {
  const references = JSON.stringify(document).match(/"#\/components\/[^"]+"/g) ?? [];
  assert.ok(references.length > 0);
  for (const reference of references) {
    const steps = (JSON.parse(reference) as string).split('/').slice(1);
    const found = steps.reduce<unknown>((node, step) => (node as Record<string, unknown>)?.[step], document);
    assert.ok(found, reference);
  }
  assert.deepEqual(document['components'].schemas.Problem.properties.code.enum, Object.keys(problems));
});

test('every POST takes an Idempotency-Key and answers with Location and Idempotency-Replayed', () => {
  for (const { name, operation } of operations.filter(({ name }) => name.startsWith('POST'))) {
    const key = operation.parameters?.find((parameter) => parameter.name === 'Idempotency-Key');
    assert.equal(key?.in, 'header', name);
    const success = Object.entries(operation.responses).find(([status]) => status.startsWith('2'));
    assert.deepEqual(Object.keys(success?.[1].headers ?? {}), ['Location', 'Idempotency-Replayed'], name);
    assert.ok(operation.responses['409'] && operation.responses['415'] && operation.responses['413'], name);
  }
});

test('bodies and parameters are described as strictly as they are checked', () => {
  const body = of('POST /v1/placements').requestBody?.content['application/json']?.schema;
  assert.deepEqual(Object.keys((body as { properties: object }).properties), [
    'video_id',
    'product_id',
    'start_time',
    'end_time',
  ]);
  assert.equal((body as { additionalProperties: boolean }).additionalProperties, false);
  const { parameters = [] } = of('GET /v1/placements');
  assert.deepEqual(parameters.map(({ name }) => name).sort(), ['cursor', 'limit', 'video_id']);
  const limit = parameters.find(({ name }) => name === 'limit');
  assert.deepEqual({ minimum: 1, maximum: 100, type: 'integer' }, only(limit?.schema, ['minimum', 'maximum', 'type']));
  const id = of('GET /v1/videos/{id}').parameters?.find(({ name }) => name === 'id');
  assert.deepEqual(only(id?.schema, ['pattern']), { pattern: '^[A-Za-z0-9_-]{1,64}$' });
});

test('what is documented as an example of a body is accepted', async () => {
  for (const path of ['/v1/videos', '/v1/products']) {
    const schema = of(`POST ${path}`).requestBody?.content['application/json']?.schema as {
      properties: Record<string, { examples: unknown[] }>;
    };
    const body = Object.fromEntries(
      Object.entries(schema.properties).map(([name, { examples }]) => [name, examples[0]]),
    );
    const created = await api.http.send('POST', path, body);
    assert.equal(created.status, 201, created.text);
  }
});

const only = (from: object | undefined, names: string[]) =>
  Object.fromEntries(Object.entries(from ?? {}).filter(([name]) => names.includes(name)));
