import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { howToBundle } from '../lib/bundle.ts';
import { withoutTelemetry } from './without/plugin.ts';

/** How the same entry is built: `ours` is the product's own bundle, the others have no telemetry of ours. */
export type Kind = 'ours' | 'without' | 'stock' | 'by-hand';

/** What stock instrumentations replace the inside of as it is loaded: where it is bundled they see nothing. */
const PATCHED = ['@aws-sdk/*', '@smithy/*', 'pg', 'fastify'];

const root = join(import.meta.dirname, '..');

/**
 * Builds entries (name to path from the project's root) by the product's own options, into `<outdir>/<kind>/<name>/index.cjs`;
 * `readable` leaves white space and the comments that say where code came from, for profiles.
 * @returns the file of each entry.
 */
export async function buildAs(
  kind: Kind,
  entries: Record<string, string>,
  { outdir, readable = false }: { outdir: string; readable?: boolean },
): Promise<Record<string, string>> {
  const folder = join(outdir, kind);
  await mkdir(folder, { recursive: true });
  await build({
    ...howToBundle,
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, file]) => [`${name}/index`, file])),
    outdir: folder,
    ...(kind !== 'ours' && { plugins: [pluginOf(kind)] }),
    ...(kind === 'stock' && { external: [...howToBundle.external, ...PATCHED] }),
    // esbuild's exports cannot be redefined, which is how instrumentation-aws-lambda wraps a handler.
    footer: { js: 'module.exports={...module.exports};' },
    ...(readable && { minifyWhitespace: false, minifySyntax: false }),
  });
  return Object.fromEntries(Object.keys(entries).map((name) => [name, join(folder, name, 'index.cjs')]));
}

const pluginOf = (kind: Kind) =>
  kind === 'by-hand'
    ? withoutTelemetry([join(root, 'bench/by-hand'), join(root, 'bench/without')], true)
    : withoutTelemetry();

/** Builds what is loaded before a handler to trace it the stock way. It carries the SDK and its instrumentations, and nothing they patch. */
export async function buildStock(outdir: string): Promise<{ function: string; server: string }> {
  const folder = join(outdir, 'stock-setup');
  await build({
    ...howToBundle,
    entryPoints: { function: 'bench/stock/function.ts', server: 'bench/stock/server.ts' },
    outdir: folder,
    external: [...howToBundle.external, ...PATCHED],
    supported: {}, // as its packages do without us
  });
  return { function: join(folder, 'function.cjs'), server: join(folder, 'server.cjs') };
}
