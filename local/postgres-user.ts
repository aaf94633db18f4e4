import { type SpawnOptions, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chown, cp, lstat, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** How PostgreSQL's programs are run here, and where they keep their data. */
export interface PostgresUser {
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
 * nobody: that works in a folder only root may enter. Where there are no user namespaces (most containers), it really
 * runs as nobody, and what nobody cannot reach is moved to the temporary folder.
 */
export async function choosePostgresUser(native: string, home: string): Promise<PostgresUser> {
  const program = (name: string) => path.join(native, 'bin', name);
  // Undefined when it was there before.
  const created = await mkdir(home, { recursive: true, mode: 0o700 });
  const own = { home, give: () => Promise.resolve() };
  if (process.getuid?.() !== 0) return { ...own, command: (name, args) => [program(name), args, {}] };
  if (spawnSync('unshare', [...MAPPED, 'true']).status === 0) {
    return { ...own, command: (name, args) => ['unshare', [...MAPPED, program(name), ...args], {}] };
  }
  return asNobody(native, home, created !== undefined);
}

async function asNobody(native: string, home: string, isNew: boolean): Promise<PostgresUser> {
  const bin = reaches(path.join(native, 'bin', 'postgres')) ? native : await copyOf(native);
  await give(home);
  return {
    home: reaches(path.join(home, '.')) ? home : await homeFor(home, isNew),
    command: (name, args) => [path.join(bin, 'bin', name), args, AS_NOBODY],
    give,
  };
}

const AS_NOBODY = { uid: NOBODY, gid: NOBODY };
const give = (file: string) => chown(file, NOBODY, NOBODY);
const reaches = (file: string) => spawnSync('ls', ['-d', file], AS_NOBODY).status === 0;

async function copyOf(native: string): Promise<string> {
  const copy = await temporary(native, 0o755);
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** A home that was made anew has no data yet, so neither may the one in its place. */
async function homeFor(wanted: string, isNew: boolean): Promise<string> {
  const home = await temporary(wanted, 0o700);
  if (isNew) await rm(path.join(home, 'data'), { recursive: true, force: true });
  await give(home);
  return home;
}

async function temporary(instead: string, mode: number): Promise<string> {
  const key = createHash('sha256').update(instead).digest('hex').slice(0, 16);
  const folder = path.join(tmpdir(), `nedlia-postgres-${key}`);
  await mkdir(folder, { mode, recursive: true });
  const found = await lstat(folder); // anybody may have put a link there
  if (!found.isDirectory() || (found.uid !== 0 && found.uid !== NOBODY))
    throw new Error(`${folder} belongs to somebody else: remove it and start again`);
  return folder;
}
