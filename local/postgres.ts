import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { findBinaries } from './postgres-binaries.ts';
import { end, readPidFile, signalTo, stopLeftBehind } from './postgres-process.ts';
import { choosePostgresUser, type PostgresUser } from './postgres-user.ts';

export interface Postgres {
  /** With its password; loopback only. */
  url: string;
  stop: () => Promise<void>;
}

export interface PostgresOptions {
  /** Data, log and password go into its folder `postgres`. */
  directory: string;
  /** A free one when not given; it is kept for the next start while it stays free. */
  port?: number;
  /** False gives up what survives a power cut for speed: for tests. */
  durable?: boolean;
}

/** After a crash the server replays its log first. */
const READY_WITHIN_MS = 30_000;
const USER = 'nedlia';

/**
 * Starts a real PostgreSQL on loopback from the programs npm installed, its data in `<directory>/postgres`. A server that
 * a killed run left behind is stopped first, and an initialisation that was cut off begins again. Only one process at a
 * time may use a directory. Ctrl-C does not reach the server, so what still talks to it can finish: `stop` ends it.
 * @throws Error that names the cause and what to do about it.
 */
export async function startPostgres({ directory, port, durable = true }: PostgresOptions): Promise<Postgres> {
  const user = await choosePostgresUser(await findBinaries(), path.resolve(directory, 'postgres'));
  const data = path.join(user.home, 'data');
  await stopLeftBehind(data);
  const password = await readPassword(user);
  if (!existsSync(data)) await initialise(user, data);

  const asked = port ?? (await lastPort(data));
  for (let attempt = 1; ; attempt += 1) {
    const chosen = attempt === 1 && asked ? asked : await freePort();
    const server = await launch(user, data, [...settings(chosen), ...(durable ? [] : CARELESS)]);
    if (server.ready) {
      await writeFile(path.join(user.home, 'port'), String(chosen));
      return { url: `postgres://${USER}:${password}@127.0.0.1:${chosen}/postgres`, stop: server.stop };
    }
    // The port is taken, or a killed server and its processes are still on their way out.
    const passing = /could not bind|pre-existing shared memory|lock file "postmaster\.pid" already exists/.test(
      server.log,
    );
    if (!passing || port !== undefined || attempt === 5) throw new Error(explain(server.log, user));
    await setTimeout(100 * attempt);
  }
}

const settings = (port: number): string[] =>
  Object.entries({
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    // Details quote values, and a log file is nothing that should.
    log_error_verbosity: 'terse',
    timezone: 'UTC',
    log_timezone: 'UTC',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

const CARELESS = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'];

/** The only thing between the data and the other users of this machine, so it is a secret of its owner. */
async function readPassword({ home, give }: PostgresUser): Promise<string> {
  const file = path.join(home, 'password');
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept) return kept;
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, password, { mode: 0o600 });
  await give(file);
  return password;
}

/** Into another name first: a folder named `data` is complete. */
async function initialise(user: PostgresUser, data: string): Promise<void> {
  const partial = `${data}.partial`;
  await rm(partial, { recursive: true, force: true });
  const password = path.join(user.home, 'password');
  const { ok, log } = await run(user, 'initdb', [`--pgdata=${partial}`, `--pwfile=${password}`, ...CLUSTER]);
  if (!ok) throw new Error(explain(log, user));
  await rename(partial, data);
}

const CLUSTER = [
  `--username=${USER}`,
  '--auth=scram-sha-256',
  // Sorts and compares alike on every machine.
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-sync',
];

interface Server {
  ready: boolean;
  log: string;
  stop: () => Promise<void>;
}

/** Starts the server in a session of its own and waits until it takes connections, or has ended. */
async function launch(user: PostgresUser, data: string, args: string[]): Promise<Server> {
  const logFile = path.join(user.home, 'log');
  const [file, all, options] = user.command('postgres', ['-D', data, ...args]);
  const log = await open(logFile, 'w');
  const child = spawn(file, all, { ...options, detached: true, stdio: ['ignore', log.fd, log.fd], env: ENVIRONMENT });
  child.on('error', () => {}); // then it has no pid
  await log.close();
  child.unref();
  const { pid } = child;
  const runs = () => pid !== undefined && child.exitCode === null && child.signalCode === null;
  // Where this process ends by itself, its server shall not stay behind.
  const onExit = () => pid !== undefined && runs() && signalTo(pid, 'SIGINT');
  process.once('exit', onExit);
  const stop = async () => {
    if (pid !== undefined && runs()) await end(pid, runs);
    process.off('exit', onExit);
  };

  for (let waited = 0; waited < READY_WITHIN_MS && runs(); waited += 10) {
    const state = await readPidFile(data);
    if (state?.pid === pid && state?.ready) return { ready: true, log: '', stop };
    await setTimeout(10);
  }
  await stop();
  return { ready: false, log: await readFile(logFile, 'utf8'), stop };
}

async function run(user: PostgresUser, program: string, args: string[]): Promise<{ ok: boolean; log: string }> {
  const [file, all, options] = user.command(program, args);
  const child = spawn(file, all, { ...options, stdio: ['ignore', 'pipe', 'pipe'], env: ENVIRONMENT });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.on('error', (error) => {
    log += error.message;
    resolve(false);
  });
  child.on('close', (code) => resolve(code === 0));
  return { ok: await promise, log };
}

/** The same on every machine; no PG… variable of the user's gets in. */
const ENVIRONMENT = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };

async function lastPort(data: string): Promise<number | undefined> {
  const kept = Number(await readFile(path.join(data, '..', 'port'), 'utf8').catch(() => ''));
  return kept || undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.on('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
  });
  return promise;
}

function explain(log: string, { home }: PostgresUser): string {
  const lines = log.trim().split('\n').slice(-3).join(' | ');
  return `PostgreSQL does not start: ${lines || 'it said nothing'}. ${remedyFor(log)} (data and log: ${home})`;
}

function remedyFor(log: string): string {
  if (/incompatible|database files/.test(log))
    return 'The data is of another version: "npm start -- --fresh" begins anew.';
  if (/No space left|could not write/.test(log)) return 'Make room on the disk.';
  if (/could not bind/.test(log)) return 'The port is taken: choose another, or none.';
  if (/ENOENT|not found|GLIBC/.test(log)) {
    return 'Its programs do not run on this system: set DATABASE_URL to a PostgreSQL of your own (17 or newer).';
  }
  return '"npm start -- --fresh" begins with empty data; DATABASE_URL uses a PostgreSQL of your own (17 or newer).';
}
