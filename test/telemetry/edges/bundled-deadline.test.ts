import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { regenerateFile } from '../../../events/catalogue.ts';
import { startCollector } from '../../../local/collector/collector.ts';
import { startAwsEndpoint } from '../../support/aws-endpoint.ts';
import { builtBundles } from '../../support/built.ts';
import { invoke } from '../../support/invoke.ts';
import { aRecord, aTraceparent, stringAttributes } from '../../support/records.ts';
import { restEvent } from '../../support/rest-event.ts';

// Built functions whose peers accept and never answer, killed at their time-out as Lambda does.

const outdir = await builtBundles();
const file = (name: string) => join(outdir, name, 'index.cjs');

/** A PostgreSQL that takes connections and says nothing. */
async function silentDatabase(t: TestContext): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `postgres://nedlia@127.0.0.1:${(server.address() as AddressInfo).port}/nedlia`;
}

async function surroundings(t: TestContext) {
  const collector = await startCollector();
  t.after(() => collector.close());
  const aws = await startAwsEndpoint(t, () => ({ never: true }));
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    DATABASE_URL: await silentDatabase(t),
    EVENT_BUS_NAME: 'nedlia-events',
    RELAY_QUEUE_URL: 'http://sqs.invalid/relay',
    FILE_GENERATOR_QUEUE_URL: 'http://sqs.invalid/file-generator',
    QUEUE_URL: 'http://sqs.invalid/queue',
    DEAD_LETTER_QUEUE_URL: 'http://sqs.invalid/queue-dlq',
    BUCKET_NAME: 'files',
  };
  return { collector, environment };
}

for (const [name, below] of [
  ['file-generator', ['file_generator.generate']],
  ['relay', []],
] as const) {
  test(`the built ${name} whose database hangs exports its message as ERROR, with what ran below, and gives it back`, async (t) => {
    const { collector, environment } = await surroundings(t);
    const traceparent = aTraceparent();
    const [, traceId = '', parentId] = traceparent.split('-');
    const command = regenerateFile.create({ id: 'cmd-1', occurredAt: '' }, { placement_id: 'pl-1' });
    const messageAttributes = stringAttributes({ traceparent });
    const record = aRecord({ body: JSON.stringify(command), messageAttributes });
    const { answer, code } = await invoke(file(name), { Records: [record] }, environment, 3000);
    assert.deepEqual([answer, code], [{ batchItemFailures: [{ itemIdentifier: record.messageId }] }, 0]);

    const spans = collector.spans(traceId);
    const message = spans.find(({ kind }) => kind === 'CONSUMER');
    assert.deepEqual(
      [message?.name, message?.parentSpanId, message?.status.code, message?.attributes['error.type']],
      [`process nedlia-${name}`, parentId, 'ERROR', 'DeadlineExceeded'],
    );
    const children = spans.filter(({ parentSpanId }) => parentSpanId === message?.spanId);
    assert.deepEqual(
      children.map((child) => [child.name, child.status.code, child.attributes['error.type']]),
      below.map((child) => [child, 'ERROR', 'timeout']),
    );
  });
}

test('the built api whose database hangs exports its request as ERROR before Lambda kills it', async (t) => {
  const { collector, environment } = await surroundings(t);
  const traceparent = aTraceparent();
  const [, traceId = '', parentId] = traceparent.split('-');
  const event = restEvent({ method: 'GET', path: '/v1/videos', headers: { traceparent } });
  const { answer, code, stdout } = await invoke(file('api'), event, environment, 2000);
  assert.deepEqual([answer, code], [undefined, null], 'it was killed');
  const [request, ...more] = collector.spans(traceId);
  assert.deepEqual(
    [request?.name, request?.parentSpanId, request?.attributes['error.type'], request?.status, more],
    ['GET /v1/videos', parentId, 'timeout', { code: 'ERROR', message: "the invocation's time was running out" }, []],
  );
  const { attributes = {} } = request ?? {};
  assert.deepEqual(
    ['faas.trigger', 'faas.invocation.id', 'faas.coldstart'].map((key) => attributes[key]),
    ['http', 'request-1', true],
    'the request’s span is that of the invocation',
  );
  const lines = stdout.trim().split('\n');
  assert.equal(lines.length, 1, 'one line says so, and nothing complains');
  assert.match(lines[0] ?? '', /the invocation's time is running out/);
});
