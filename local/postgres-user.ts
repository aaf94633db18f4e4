import { type SpawnOptions, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chown, cp, mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** How PostgreSQL's programs are run here, and where they keep their data. */
export interface PostgresUser {
  /** The folder that holds `bin`, `lib` and `share`. */
  native: string;
  /** The folder for data, log and password; exists, and only its owner may look into it. */
  home: string;
  command: (program: string, args: string[]) => [file: string, args: string[], options: SpawnOptions];
  /** Makes a file readable for PostgreSQL. */
  give: (file: string) => Promise<void>;
}

const NOBODY = 65534;
const MAPPED = ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

/**
 * PostgreSQL refuses to run as root. Root therefore runs it in a user namespace, in which the same files belong to
 * nobody: that works in a folder only root may enter. Where there are no user namespaces, it really runs as nobody, with
 * its programs and data in the temporary folder.
 */
export async function choosePostgresUser(native: string, home: string): Promise<PostgresUser> {
  const program = (name: string) => path.join(native, 'bin', name);
  const own = { native, home, give: () => Promise.resolve() };
  if (process.getuid?.() !== 0) {
    await mkdir(home, { recursive: true, mode: 0o700 });
    return { ...own, command: (name, args) => [program(name), args, {}] };
  }
  if (spawnSync('unshare', [...MAPPED, 'true']).status === 0) {
    await mkdir(home, { recursive: true, mode: 0o700 });
    return { ...own, command: (name, args) => ['unshare', [...MAPPED, program(name), ...args], {}] };
  }
  return asNobody(native, home);
}

async function asNobody(native: string, wanted: string): Promise<PostgresUser> {
  const key = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  const base = path.join(tmpdir(), `nedlia-postgres-${key}`);
  await mkdir(base, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const { uid } = await stat(base);
  if (uid !== 0 && uid !== NOBODY) throw new Error(`${base} belongs to somebody else: remove it and start again`);

  const copy = path.join(base, 'native');
  const home = path.join(base, 'home');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  await mkdir(home, { recursive: true, mode: 0o700 });
  await chown(home, NOBODY, NOBODY);
  await chown(base, NOBODY, NOBODY);
  return {
    native: copy,
    home,
    command: (name, args) => [path.join(copy, 'bin', name), args, { uid: NOBODY, gid: NOBODY }],
    give: (file) => chown(file, NOBODY, NOBODY),
  };
}
