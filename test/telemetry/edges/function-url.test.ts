import assert from 'node:assert/strict';
import { test } from 'node:test';
import { propagation } from '@opentelemetry/api';
import { entryContext } from '../../../telemetry/entry-span.ts';
import { traceFunctionUrl } from '../../../telemetry/edges/function-url.ts';
import type { Edge } from '../../../telemetry/edges/http-server.ts';
import { span } from '../../../telemetry/span.ts';
import { functionUrlEvent, type AskedOfUrl } from '../../support/function-url-event.ts';
import { aTraceparent } from '../../support/records.ts';
import { only, recordSpans } from '../../support/spans.ts';

const lambda = { awsRequestId: 'request-1', invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:f' };
const answer = (asked: AskedOfUrl, edge: Edge = 'continue', statusCode = 204) =>
  traceFunctionUrl(functionUrlEvent(asked), lambda, edge, async () => ({ statusCode }));

test('a request is a SERVER span named by its method, in the trace of its caller', async (t) => {
  const spans = recordSpans(t);
  const traceparent = aTraceparent();
  assert.deepEqual(await answer({ headers: { traceparent }, path: '/hooks' }), { statusCode: 204 });
  const { kind, traceId, parentId, attributes, status } = only(spans.all(), 'POST');
  assert.deepEqual([kind, traceId, parentId, status], ['SERVER', ...traceparent.split('-').slice(1, 3), 'UNSET']);
  assert.deepEqual(attributes, {
    'faas.trigger': 'http',
    'http.request.method': 'POST',
    'url.path': '/hooks',
    'url.scheme': 'https',
    'server.address': 'abc.lambda-url.eu-central-1.on.aws',
    'network.protocol.version': '1.1',
    'faas.coldstart': true,
    'faas.invocation.id': 'request-1',
    'cloud.resource_id': lambda.invokedFunctionArn,
    'http.response.status_code': 204,
  });
});

test('work runs under the span, which is its entry, and sees no baggage of the caller', async (t) => {
  const spans = recordSpans(t);
  const event = functionUrlEvent({ headers: { traceparent: aTraceparent(), baggage: 'user=7' } });
  await traceFunctionUrl(event, lambda, 'continue', async () => {
    assert.equal(propagation.getActiveBaggage(), undefined);
    const entry = span('inner', () => entryContext());
    assert.equal(entry?.traceparent.split('-')[2], only(spans.all(), 'inner').parentId);
    assert.equal(entry?.baggage, undefined);
    return { statusCode: 204 };
  });
  assert.equal(only(spans.all(), 'inner').parentId, only(spans.all(), 'POST').spanId);
});

test("a caller's correlation id is the request's, unless it is none", async (t) => {
  const spans = recordSpans(t);
  for (const id of ['order-7', 'a b']) await answer({ headers: { 'x-correlation-id': id } });
  assert.deepEqual(
    spans.all().map(({ attributes }) => attributes['correlation_id']),
    ['order-7', undefined],
  );
});

test('a caller that is only linked to begins a trace of ours; an ignored one is not even that', async (t) => {
  const spans = recordSpans(t);
  const traceparent = aTraceparent();
  const [, traceId, spanId] = traceparent.split('-');
  for (const edge of ['link', 'ignore'] as const) {
    spans.clear();
    await answer({ headers: { traceparent } }, edge, 401);
    const own = only(spans.all(), 'POST');
    assert.notEqual(own.traceId, traceId);
    assert.equal(own.parentId, undefined);
    assert.deepEqual(own.links, edge === 'link' ? [{ traceId, spanId }] : []);
    assert.equal(own.status, 'UNSET');
  }
});

test('a method nobody knows is not a name, a 5xx and a throw are errors, and a secret in the path stays out', async (t) => {
  const spans = recordSpans(t);
  await answer({ method: 'BREW', path: '/whsec_abcdef' }, 'continue', 503);
  const failed = only(spans.all(), 'HTTP');
  assert.equal(failed.attributes['http.request.method'], '_OTHER');
  assert.equal(failed.attributes['url.path'], '/whsec_***');
  assert.deepEqual([failed.status, failed.attributes['error.type']], ['ERROR', '503']);
  spans.clear();
  const throwing = traceFunctionUrl(functionUrlEvent({}), lambda, 'link', () => Promise.reject(new TypeError('no')));
  await assert.rejects(throwing, TypeError);
  assert.deepEqual(
    [only(spans.all(), 'POST').status, only(spans.all(), 'POST').attributes['error.type']],
    ['ERROR', 'TypeError'],
  );
});
