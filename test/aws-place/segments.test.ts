import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingHops } from '../../local/hops.ts';
import { readSegments } from '../support/xray-segments.ts';

// The documented form (see the reader), written by hand: none of these comes from X-Ray itself.
const trace_id = '1-6740a3c0-af7651916cd43dd8448eb211';
const traceId = '6740a3c0af7651916cd43dd8448eb211';
const times = { start_time: 1_732_289_472.125, end_time: 1_732_289_472.25 };
const resourceOf = (service: string) => ({
  'otel.resource.service.name': service,
  'otel.resource.service.namespace': 'nedlia',
});
const documents = (...segments: object[]) =>
  segments.map((segment) => JSON.stringify({ trace_id, ...times, ...segment }));
const api = {
  id: '0000000000000001',
  name: 'nedlia-api',
  http: { request: { method: 'POST', url: 'https://api/v1/placements' }, response: { status: 201 } },
  metadata: { default: { ...resourceOf('nedlia-api'), 'http.route': '/v1/placements', correlation_id: 'order-7' } },
};
const subsegment = (id: string, parent_id: string, name: string, more: object = {}) => ({
  id,
  parent_id,
  name,
  type: 'subsegment',
  ...more,
});

test('a segment is the span it was: its name, its attributes and its resource', () => {
  const [span, ...others] = readSegments(documents({ ...api, parent_id: '00f067aa0ba902b7' }));
  assert.deepEqual(others, []);
  assert.deepEqual(
    [span?.traceId, span?.spanId, span?.parentSpanId, span?.name, span?.kind, span?.service],
    [traceId, api.id, '00f067aa0ba902b7', 'POST /v1/placements', 'SERVER', 'nedlia-api'],
  );
  assert.deepEqual([span?.startMs, span?.endMs], [1_732_289_472_125, 1_732_289_472_250]);
  assert.deepEqual(span?.attributes, {
    'http.request.method': 'POST',
    'http.response.status_code': 201,
    'url.full': 'https://api/v1/placements',
    'http.route': '/v1/placements',
    correlation_id: 'order-7',
  });
  assert.deepEqual(span?.resource, { 'service.name': 'nedlia-api', 'service.namespace': 'nedlia' });
});

const named = (name: string, attributes: object, more: object = {}) =>
  readSegments(documents(api, subsegment('2', api.id, name, { metadata: { default: attributes }, ...more }))).find(
    ({ spanId }) => spanId === '2',
  )?.name;

test('what X-Ray names after a database, a service or a host, or without parentheses, has its own name again', () => {
  const select = { 'db.operation.name': 'SELECT', 'db.namespace': 'nedlia', 'db.collection.name': 'videos' };
  assert.equal(named('nedlia', select, { namespace: 'remote' }), 'SELECT nedlia.videos');
  assert.equal(named('nedlia', { 'db.operation.name': 'BEGIN' }, { namespace: 'remote' }), 'BEGIN');
  assert.equal(named('S3', {}, { namespace: 'aws', aws: { operation: 'PutObject' } }), 'S3.PutObject');
  const request = { request: { method: 'POST', url: 'https://customer/REDACTED' } };
  assert.equal(named('customer', {}, { namespace: 'remote', http: request }), 'POST');
  const send = { 'messaging.operation.type': 'send' };
  assert.equal(named('send nedlia-events placement.created', send), 'send nedlia-events (placement.created)');
  assert.equal(named('placement.create', {}), 'placement.create');
});

test("the segment that stands for a message's service is left out, and its span hangs where it hung", () => {
  const spans = readSegments(
    documents(
      api,
      { id: 'a', name: 'nedlia-validator', parent_id: api.id, metadata: { default: resourceOf('nedlia-validator') } },
      subsegment('b', 'a', 'process nedlia-validator', {
        namespace: 'remote',
        metadata: { default: { 'aws.span.kind': 'LOCAL_ROOT', 'messaging.operation.type': 'process' } },
      }),
      subsegment('c', 'b', 'validator.validate'),
    ),
  );
  assert.deepEqual(
    spans.map(({ name, parentSpanId, service, kind }) => [name, parentSpanId, service, kind]),
    [
      ['POST /v1/placements', undefined, 'nedlia-api', 'SERVER'],
      ['process nedlia-validator', api.id, 'nedlia-validator', 'CONSUMER'],
      ['validator.validate', 'b', 'nedlia-validator', 'INTERNAL'],
    ],
  );
});

test('subsegments inside of a document count as those beside it do; what X-Ray has inferred is no span', () => {
  const below = { id: '3', name: 'render_template', ...times };
  const inside = { ...subsegment('2', '', 'file_generator.generate'), parent_id: undefined, subsegments: [below] };
  const inferred = { id: '4', name: 'nedlia', parent_id: '2', inferred: true };
  const spans = readSegments(documents({ ...api, subsegments: [{ ...inside, ...times }] }, inferred));
  assert.deepEqual(
    spans.map(({ spanId, parentSpanId, traceId: id }) => [spanId, parentSpanId, id]),
    [
      [api.id, undefined, traceId],
      ['2', api.id, traceId],
      ['3', '2', traceId],
    ],
  );
});

test('an error is one, whatever X-Ray calls it, with what was said; annotations are attributes', () => {
  const [failed] = readSegments(
    documents({
      ...api,
      fault: true,
      cause: { exceptions: [{ id: 'e', message: 'no such table', type: 'Error' }] },
      annotations: { messaging_wait_ms: 12, correlation_id: 'order-8', otel_resource_service_name: 'nedlia-api' },
      metadata: {},
    }),
  );
  assert.deepEqual(failed?.status, { code: 'ERROR', message: 'no such table' });
  assert.deepEqual(
    [failed.attributes['messaging.wait_ms'], failed.attributes['correlation_id'], failed.service],
    [12, 'order-8', 'nedlia-api'],
  );
  const [refused] = readSegments(documents({ ...api, error: true }));
  assert.equal(refused?.status.code, 'ERROR');
});

test('a trace that is not whole yet lacks hops', () => {
  assert.notDeepEqual(missingHops(readSegments(documents(api))), []);
  assert.deepEqual(readSegments([]), []);
});
