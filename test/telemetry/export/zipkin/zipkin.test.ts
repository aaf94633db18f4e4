import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { serverExporters } from '../../../../telemetry/export/server-exporters.ts';
import type { ZipkinSpan } from '../../../../telemetry/export/zipkin/span.ts';
import { startTelemetry } from '../../../../telemetry/start.ts';
import { captureLog } from '../../../support/log-lines.ts';
import { drain, startPeer } from '../../../support/peer.ts';
import { recordSample, sample, SAMPLE_RESOURCE } from '../../../support/sample-trace.ts';

const start = (env: NodeJS.ProcessEnv) =>
  startTelemetry({
    service: 'things',
    mode: 'server',
    exporters: serverExporters,
    env: { OTEL_TRACES_EXPORTER: 'zipkin', ...SAMPLE_RESOURCE, ...env },
  });

test('Zipkin gets v2 JSON: ids, parent, kinds, tags, the link, annotation, status, both endpoints', async (t) => {
  const lines = captureLog(t);
  const requests: [url: string | undefined, type: string | undefined, spans: ZipkinSpan[]][] = [];
  const endpoint = await startPeer(t, async (request, response) => {
    const spans = JSON.parse((await drain(request)).toString()) as ZipkinSpan[];
    requests.push([request.url, request.headers['content-type'], spans]);
    response.writeHead(202).end();
  });
  const telemetry = start({ OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${endpoint}/api/v2/spans` });
  t.after(() => telemetry.shutdown());
  const { parent, child } = recordSample();
  await telemetry.flush();

  const [[url, type, spans] = []] = requests;
  assert.deepEqual([url, type, spans?.length], ['/api/v2/spans', 'application/json', 2]);
  const top = spans?.find(({ name }) => name === 'parent');
  const below = spans?.find(({ name }) => name === 'child');
  assert.deepEqual(
    [top?.traceId, top?.id, top?.parentId, top?.kind, top?.localEndpoint, top?.remoteEndpoint],
    [
      parent.spanContext().traceId,
      parent.spanContext().spanId,
      undefined,
      'SERVER',
      { serviceName: 'things' },
      undefined,
    ],
  );
  assert.deepEqual(
    [below?.traceId, below?.id, below?.parentId, below?.kind, below?.remoteEndpoint],
    [top?.traceId, child.spanContext().spanId, top?.id, 'CLIENT', { serviceName: 'postgresql' }],
  );
  const tags = below?.tags ?? {};
  assert.deepEqual(
    [tags['text'], tags['whole'], tags['half'], tags['yes'], tags['list'], tags['team'], tags['service.namespace']],
    ['ä', '-7', '0.5', 'true', '["a","b"]', 'a b', 'nedlia'],
  );
  assert.equal(tags['otel.link.0'], `${sample.linked.traceId}-${sample.linked.spanId}`);
  assert.deepEqual(
    [tags['error'], tags['otel.status_code'], tags['otel.scope.name']],
    ['no', 'ERROR', 'nedlia-telemetry'],
  );
  assert.equal(top?.tags['error'], undefined);
  assert.deepEqual(
    below?.annotations.map(({ value }) => value),
    ['{"moment":{"at":1}}'],
  );
  const [seconds, nanoseconds] = (child as unknown as ReadableSpan).startTime;
  assert.equal(below?.timestamp, seconds * 1e6 + Math.round(nanoseconds / 1000));
  assert.ok((below?.duration ?? 0) >= 1 && Number.isInteger(below?.duration));
  assert.deepEqual([telemetry.status().exporters[0]?.exported, lines], [2, []]);
});

test('a wrong Zipkin address is one warning with the default that is used', async (t) => {
  const lines = captureLog(t);
  const telemetry = start({ OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'zipkin:9411' });
  assert.equal(lines.length, 1);
  assert.match(lines[0]?.message ?? '', /OTEL_EXPORTER_ZIPKIN_ENDPOINT must be .*localhost:9411\/api\/v2\/spans/);
  await telemetry.shutdown();
});
