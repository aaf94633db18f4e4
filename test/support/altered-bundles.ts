import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aFolder } from './folder.ts';

/** A copy of bundles in which one function of one bundle's code is another: what a bundler or a careless client would have made of it. */
export function altered(from: string, name: string, declaration: string, instead: string): string {
  const folder = aFolder();
  cpSync(from, folder, { recursive: true });
  const file = join(folder, name, 'index.cjs');
  const code = readFileSync(file, 'utf8');
  if (code.split(declaration).length !== 2) throw new Error(`not once in ${name}: ${declaration}`);
  writeFileSync(
    file,
    code.replace(declaration, () => instead),
  );
  return folder;
}
