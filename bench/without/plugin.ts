import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..', '..');
const telemetry = join(root, 'telemetry');

/** No tracing in them, so the work keeps them: log lines, metrics, correlation ids, names. */
const KEPT = /^(?:attributes|correlation|log|metric|safe\/[\w-]+|carry\/arrival)\.ts$/;

/**
 * Builds the same code without tracing: every module of `telemetry/` is replaced by the one of the same path in `standIns`, the
 * first folder that has it. What has no stand-in and is not `KEPT` stops the build, so that nothing of the cost is left in by
 * accident; that a stand-in still has the shape of what it stands for is the compiler's to say.
 */
export const withoutTelemetry = (standIns = [import.meta.dirname], mayTrace = false): Plugin => ({
  name: 'without telemetry',
  setup: (build) => {
    build.onResolve({ filter: /\.ts$/ }, ({ path, resolveDir }) => {
      const target = resolve(resolveDir, path);
      if (!target.startsWith(telemetry + sep)) return undefined;
      const name = relative(telemetry, target);
      const standIn = standIns.map((folder) => join(folder, name)).find((file) => existsSync(file));
      if (standIn) return { path: standIn };
      if (KEPT.test(name.replaceAll(sep, '/'))) return undefined;
      return { errors: [{ text: `telemetry/${name} has no stand-in in bench/without` }] };
    });
    build.onResolve({ filter: /^@opentelemetry\// }, ({ path, importer }) => {
      if (mayTrace && !importer.startsWith(telemetry + sep)) return undefined;
      if (path === '@opentelemetry/api') return { path: join(import.meta.dirname, 'opentelemetry-api.ts') };
      return { errors: [{ text: `${path} in a build without telemetry` }] };
    });
  },
});
