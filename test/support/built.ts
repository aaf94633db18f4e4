import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../../lib/bundle.ts';
import { aFolder } from './folder.ts';

/** The folder of every function's bundle, which the first file of a run that asks builds for all. Nobody writes there. */
export async function builtBundles(): Promise<string> {
  const folder = join(process.env['TEST_FOLDER'] ?? aFolder(), 'bundles');
  if (existsSync(folder)) return folder;
  const outdir = `${folder}-${process.pid}`;
  await bundle({ outdir });
  // Two may ask at once; whoever comes second has built them for itself.
  return rename(outdir, folder).then(
    () => folder,
    () => outdir,
  );
}
