import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';

const telemetry = path.join(import.meta.dirname, '../../../telemetry');

test('a function’s bundle carries OTLP as protobuf and nothing it will never use', async () => {
  const { metafile } = await build({
    stdin: {
      contents:
        "export { startTelemetry } from './start.ts'; export { functionExporters } from './export/function-exporters.ts';",
      resolveDir: telemetry,
    },
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
  });
  const [output] = Object.values(metafile.outputs);
  const carried = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const files = carried.map(([file]) => file);
  assert.ok(files.some((file) => file.includes('export/otlp/serialise')));
  for (const never of [
    'exporter-trace-otlp',
    'otlp-transformer',
    'otlp-exporter-base',
    'grpc',
    'credential-provider',
    'sdk-metrics',
    'sdk-logs',
    'fastify',
    'core/node_modules',
  ]) {
    assert.deepEqual(
      files.filter((file) => file.includes(never)),
      [],
    );
  }
  // 148 kB in November 2026: 16 of them the signer, which is loaded when it is first used, 6 the propagators. What makes it grow should be meant.
  assert.ok((output?.bytes ?? 0) < 152_000, `${output?.bytes} bytes`);
});
