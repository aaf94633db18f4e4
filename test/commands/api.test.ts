import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { askOverHttp } from '../support/api.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

interface Run {
  child: ChildProcess;
  /** Everything printed so far. */
  output: () => string;
  exited: Promise<number | null>;
}

/** Starts the command as `npm run api` does, with no other variable of ours or of AWS than those given. */
function run(env: Record<string, string>, ...args: string[]): Run {
  const inherited = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] };
  const child = spawn(process.execPath, ['--import', './commands/guard.mjs', 'commands/api.ts', ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  after(() => child.kill('SIGKILL'));
  return { child, output: () => output, exited };
}

/** The port it says it listens on. */
async function listening({ child, output }: Run): Promise<number> {
  const [, port] = await eventually(() => {
    assert.equal(child.exitCode, null, output());
    return /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(output());
  }, 'a port it listens on');
  return Number(port);
}

const nowhere = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };

test('it migrates, listens and serves with DATABASE_URL and AWS_ENDPOINT_URL alone, and ends within 5 s of SIGTERM', async () => {
  const { url, db } = await freshDatabase();
  await sql`drop schema nedlia cascade`.execute(db);
  const api = run({ ...nowhere, DATABASE_URL: url, PORT: '0' });
  const port = await listening(api);
  assert.match(api.output(), /migrated: \d{4}/);
  assert.match(api.output(), /traces are not exported/);
  const video = await askOverHttp(port, {
    method: 'POST',
    path: '/v1/videos',
    headers: { 'content-type': 'application/json' },
    body: '{"title":"Night","duration":60}',
  });
  assert.equal(video.status, 201, video.text);
  const { video_id, product_id } = { video_id: video.json['id'], product_id: 'none' };
  const placement = await askOverHttp(port, {
    method: 'POST',
    path: '/v1/placements',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ video_id, product_id, start_time: 1, end_time: 2 }),
  });
  assert.equal(placement.status, 422);
  assert.match(placement.headers['server-timing'] ?? '', /-01$/, 'every request is sampled here');
  const began = performance.now();
  api.child.kill('SIGTERM');
  assert.equal(await api.exited, 0, api.output());
  assert.ok(performance.now() - began < 10_000);
});

test('SIGINT while it is still starting ends it at once', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  after(() => silent.close());
  const { port } = silent.address() as { port: number };
  const connected = new Promise((resolve) => silent.once('connection', resolve));
  const api = run({ ...nowhere, DATABASE_URL: `postgresql://nobody@127.0.0.1:${port}/none`, PORT: '0' });
  await Promise.race([connected, api.exited]);
  const began = performance.now();
  api.child.kill('SIGINT');
  assert.equal(await api.exited, 0);
  assert.ok(performance.now() - began < 10_000, 'a connection is given 18 s');
});

test('a wrong environment is one line naming the variable, and exit code 78', async () => {
  const DATABASE_URL = 'postgresql://nobody:canary@127.0.0.1:9/none';
  for (const [env, said] of [
    [{}, 'DATABASE_URL is missing; AWS_ENDPOINT_URL is missing'],
    [{ ...nowhere, DATABASE_URL: 'mysql://canary' }, 'DATABASE_URL must be a URL'],
    [{ ...nowhere, DATABASE_URL, PORT: 'canary' }, 'PORT must be a whole number'],
    [{ ...nowhere, DATABASE_URL, PORT: '70000' }, 'PORT must be at most 65535'],
    [{ ...nowhere, DATABASE_URL, TRACE_EDGE: 'canary' }, 'TRACE_EDGE must be continue, link or ignore'],
  ] as const) {
    const api = run(env);
    assert.equal(await api.exited, 78, api.output());
    const lines = api.output().trim().split('\n');
    assert.ok(lines.at(-1)?.includes(said), api.output());
    assert.ok(!api.output().includes('canary'));
  }
});

test('a port that is taken is said clearly, with exit code 1', async () => {
  const { url } = await freshDatabase();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  after(() => other.close());
  const { port } = other.address() as { port: number };
  const api = run({ ...nowhere, DATABASE_URL: url, PORT: String(port) });
  assert.equal(await api.exited, 1);
  assert.match(api.output(), new RegExp(`port ${port} is taken`));
});

test('a database that is not there is said in a line, with exit code 1', async () => {
  const api = run({ ...nowhere, DATABASE_URL: 'postgresql://nobody:canary@127.0.0.1:9/none', PORT: '0' });
  assert.equal(await api.exited, 1);
  assert.match(api.output(), /nedlia-api: the database cannot be reached/);
  assert.ok(!api.output().includes('canary'));
});

test('--help explains and does nothing', async () => {
  const api = run({}, '--help');
  assert.equal(await api.exited, 0);
  assert.match(api.output(), /DATABASE_URL/);
});

test('an option it does not know is said in a line', async () => {
  const api = run({}, '--colour');
  assert.equal(await api.exited, 64);
  assert.match(api.output(), /--colour/);
  assert.ok(!api.output().includes('    at '), 'no stack');
});
