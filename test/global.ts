import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureAssembly } from '../local/assembly.ts';
import { stopLeftBehind } from '../local/postgres-process.ts';
import { type Postgres, startPostgres } from '../local/postgres.ts';
import { openDatabase } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { databaseUrl, once, TEMPLATE } from './support/database.ts';

const PREFIX = 'nedlia-test-';

let directory: string | undefined;
let postgres: Postgres | undefined;

/**
 * Starts one PostgreSQL for the whole run (2 s), makes the database every test's own is a copy of, and builds what `npm start`
 * builds if a source has changed: end-to-end tests run the same bundles.
 */
export async function globalSetup(): Promise<void> {
  await sweep();
  process.once('SIGHUP', () => void globalTeardown().finally(() => process.exit(129))); // the runner hears SIGINT and SIGTERM only
  directory = await mkdtemp(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
  await chmod(directory, 0o711); // where PostgreSQL has to run as nobody, it has to get through
  postgres = await startPostgres({ directory, durable: false });
  await once(postgres.url, `CREATE DATABASE ${TEMPLATE}`);
  const db = openDatabase({ url: databaseUrl(postgres.url, TEMPLATE) });
  await migrate(db);
  await db.destroy();
  process.env['TEST_DATABASE_URL'] = postgres.url;
  process.env['TEST_FOLDER'] = directory;
  // Each file is a process and loads most of the same modules: compiled once, they cost 0.2 s less of CPU each, 0.6 s with the clients of
  // AWS. The run's own folder, since it fills with what lies in folders of tests; where it cannot be written, nothing is kept.
  process.env['NODE_COMPILE_CACHE'] ??= path.join(directory, 'compiled');
  process.env['TEST_ASSEMBLY'] = path.resolve((await ensureAssembly('.nedlia', new AbortController().signal)).folder);
}

export async function globalTeardown(): Promise<void> {
  await postgres?.stop();
  if (directory) await rm(directory, { recursive: true, force: true });
}

/** Ends what runs that were killed have left behind. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (!pid || isAlive(pid)) continue;
    const left = path.join(tmpdir(), name);
    await stopLeftBehind(path.join(left, 'postgres', 'data'));
    await rm(left, { recursive: true, force: true }).catch(() => {}); // another user's
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
