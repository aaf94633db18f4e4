import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundle } from '../lib/bundle.ts';
import { synthesise } from '../lib/synthesise.ts';

/** What bundles and template are made of: whatever changes here makes both anew. */
const SOURCES = [
  '{api,aws,bin,core,events,lambdas,lib,outbox,store,telemetry}/**/*.ts',
  'cdk.json',
  'package.json',
  'package-lock.json',
];

/**
 * The cloud assembly of stage `local` with the built bundles in it, in `<directory>/cdk.out`: built and synthesised only
 * when a source has changed since the last time.
 * @returns whether it was still good.
 */
export async function ensureAssembly(
  directory: string,
  signal: AbortSignal,
): Promise<{ folder: string; kept: boolean }> {
  const folder = path.join(directory, 'cdk.out');
  const stampFile = path.join(directory, 'cdk.out.stamp');
  const stamp = await fingerprint();
  if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return { folder, kept: true };
  // The stamp goes first and comes back last: whatever ends this half-way leaves nothing that looks finished.
  await rm(stampFile, { force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await bundle();
  signal.throwIfAborted();
  await synthesise({ outdir: folder, stage: 'local', validate: false });
  await writeFile(stampFile, stamp);
  return { folder, kept: false };
}

async function fingerprint(): Promise<string> {
  const files = globSync(SOURCES).toSorted();
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(`\0${file}\0`).update(await readFile(file));
  return hash.digest('hex');
}
