import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build } from 'esbuild';

test('reading and writing what is carried needs the API alone, not the SDK', async () => {
  const { metafile } = await build({
    entryPoints: ['request', 'message', 'bus-entry', 'sqs'].map((name) => `telemetry/carry/${name}.ts`),
    outdir: 'unwritten',
    bundle: true,
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
  });
  const packages = Object.keys(metafile.inputs).map((path) => /node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[1]);
  assert.deepEqual(
    [...new Set(packages)].filter((name) => name?.startsWith('@opentelemetry/')),
    ['@opentelemetry/api'],
  );
});
