import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { isServerOf, readPidFile } from '../../local/postgres-process.ts';
import { startPostgres } from '../../local/postgres.ts';
import { openDatabase } from '../../store/database.ts';

// Servers are really started and killed here: about ten seconds, most of them initdb's.
const root = await mkdtemp(path.join(tmpdir(), 'nedlia-postgres-test-'));
const directory = path.join(root, 'kept');
const data = path.join(directory, 'postgres', 'data');
after(() => rm(root, { recursive: true, force: true }));

async function ask(url: string, statement: string): Promise<unknown[]> {
  const db = openDatabase({ url, max: 1, connectTimeoutMs: 2000 });
  try {
    return (await sql.raw(statement).execute(db)).rows;
  } finally {
    await db.destroy();
  }
}

/** One that has ended but was not reaped yet is not running. */
const runs = (pid: number): boolean => isServerOf(pid, data);

async function serverPid(): Promise<number> {
  const file = await readPidFile(data);
  assert.ok(file);
  return file.pid;
}

test('it starts with the folder it is given, keeps its data, port and password, and leaves no process', async () => {
  const first = await startPostgres({ directory });
  await ask(first.url, 'create table public.kept (n integer)');
  await ask(first.url, 'insert into public.kept values (1)');
  const pid = await serverPid();
  await first.stop();
  await first.stop();
  assert.ok(!runs(pid));
  const second = await startPostgres({ directory });
  assert.equal(second.url, first.url);
  assert.deepEqual(await ask(second.url, 'select n from public.kept'), [{ n: 1 }]);
  await second.stop();
});

test('only who may read the folder gets in: by password, on loopback', async () => {
  const { url, stop } = await startPostgres({ directory });
  const wrong = new URL(url);
  wrong.password = 'postgres';
  await assert.rejects(ask(wrong.href, 'select 1'), { name: 'Unavailable', message: /password authentication failed/ });
  assert.deepEqual(await ask(url, 'show listen_addresses'), [{ listen_addresses: '127.0.0.1' }]);
  assert.deepEqual(await ask(url, 'show unix_socket_directories'), [{ unix_socket_directories: '' }]);
  const home = path.join(directory, 'postgres');
  assert.equal((await stat(home)).mode & 0o077, 0);
  assert.equal((await stat(path.join(home, 'password'))).mode & 0o077, 0);
  await stop();
});

test('a server that was killed comes back with what was committed', async () => {
  const first = await startPostgres({ directory });
  await ask(first.url, 'insert into public.kept values (2)');
  process.kill(await serverPid(), 'SIGKILL');
  const second = await startPostgres({ directory });
  assert.deepEqual(await ask(second.url, 'select n from public.kept order by n'), [{ n: 1 }, { n: 2 }]);
  await second.stop();
});

/** A process that starts the server of the folder and then does what it is told. */
async function startElsewhere(then: string) {
  const program = `
    const { startPostgres } = await import(${JSON.stringify(path.resolve('local/postgres.ts'))});
    await startPostgres({ directory: ${JSON.stringify(directory)} });
    process.stdout.write('up');
    ${then}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('a server whose parent was killed is stopped by the next start, which has its data', async () => {
  const parent = await startElsewhere('setInterval(() => {}, 1000);');
  const orphan = await serverPid();
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  assert.ok(runs(orphan));
  const next = await startPostgres({ directory });
  assert.ok(!runs(orphan));
  assert.deepEqual(await ask(next.url, 'select count(*)::int as n from public.kept'), [{ n: 2 }]);
  await next.stop();
});

test('a parent that ends without stopping it takes it along', async () => {
  const parent = await startElsewhere('process.exit(3);');
  const pid = await serverPid();
  if (parent.exitCode === null) await once(parent, 'exit');
  for (let waited = 0; waited < 30_000 && runs(pid); waited += 20) await setTimeout(20);
  assert.ok(!runs(pid));
});

test('a process id that was given out again is not taken for the server', async () => {
  await writeFile(path.join(data, 'postmaster.pid'), `${process.pid}\n${data}\n`);
  const { url, stop } = await startPostgres({ directory });
  assert.equal((await ask(url, 'select 1')).length, 1);
  await stop();
});

test('a port that was taken meanwhile is left to who has it', async (t) => {
  const kept = Number(await readFile(path.join(directory, 'postgres', 'port'), 'utf8'));
  const other = createServer().listen(kept, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { url, stop } = await startPostgres({ directory });
  assert.notEqual(Number(new URL(url).port), kept);
  await stop();
  await assert.rejects(startPostgres({ directory, port: kept }), /The port is taken: choose another/);
});

test('an initialisation that was cut off begins again', async () => {
  const cut = path.join(root, 'cut-off');
  await mkdir(path.join(cut, 'postgres', 'data.partial', 'base'), { recursive: true });
  const { url, stop } = await startPostgres({ directory: cut, durable: false });
  assert.equal((await ask(url, 'select 1')).length, 1);
  await stop();
});

// Of root alone, and so no test at all for anybody else.
if (process.getuid?.() === 0) {
  test('root without user namespaces runs it as nobody, also from a folder only root may enter', async (t) => {
    const reachable = await mkdtemp(path.join(tmpdir(), 'nedlia-postgres-nobody-'));
    t.after(() => rm(reachable, { recursive: true, force: true }));
    await chmod(reachable, 0o711);
    await mkdir(path.join(reachable, 'bin'));
    await symlink('/bin/ls', path.join(reachable, 'bin', 'ls')); // and no unshare
    const program = `
    const { startPostgres } = await import(${JSON.stringify(path.resolve('local/postgres.ts'))});
    for (const run of [1, 2]) {
      const { url, stop } = await startPostgres({ directory: ${JSON.stringify(path.join(root, 'private'))} });
      process.stdout.write(new URL(url).password + ' ');
      await stop();
    }`;
    const env = { PATH: path.join(reachable, 'bin'), TMPDIR: reachable };
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      env,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const [first, second] = stdout.split(' ');
    assert.ok(first);
    assert.equal(second, first);
  });
}

test('data that cannot be used is told with the reason and what to do', async () => {
  await writeFile(path.join(data, 'PG_VERSION'), '12\n');
  await assert.rejects(
    startPostgres({ directory }),
    /PostgreSQL does not start: .*incompatible.*npm start -- --fresh/s,
  );
});
