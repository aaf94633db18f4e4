import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedSpan } from '../../local/collector/otlp.ts';
import { missingHops } from '../../local/hops.ts';
import { startCollector } from '../../local/collector/collector.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

// These run `npm start` as a person does, each in a folder of its own, and take some seconds for it.

/** A folder for a run's data that holds the finished bundles already, as after a first start. */
async function folder(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'nedlia-start-'));
  for (const name of ['cdk.out', 'cdk.out.stamp'])
    await cp(path.join('.nedlia', name), path.join(directory, name), { recursive: true });
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

interface Run {
  child: ChildProcess;
  /** Standard output and standard error so far. */
  out(): string;
  err(): string;
  /** Resolves when the pattern has been printed on either. */
  said(pattern: RegExp, withinMs?: number): Promise<RegExpMatchArray>;
  ended: Promise<number | string>;
  /** What the terminal does on Ctrl-C: to every process of the group. */
  ctrlC(): void;
}

/** `scripts.start` itself, in a process group of its own. */
function start(t: TestContext, directory: string, args: string[] = [], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, ['--import', './commands/guard.mjs', 'commands/start.ts', ...args], {
    detached: true,
    env: { ...process.env, NEDLIA_DIRECTORY: directory, PORT: '0', DATABASE_URL: '', AWS_ENDPOINT_URL: '', ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
    await ended;
  });
  return {
    child,
    out: () => out,
    err: () => err,
    said: async (pattern, withinMs = 60_000) => {
      for (const deadline = Date.now() + withinMs; ; await sleep(20)) {
        const found = pattern.exec(out + err);
        if (found) return found;
        assert.ok(Date.now() < deadline && child.exitCode === null, `${pattern} was not said:\n${out}\n${err}`);
      }
    },
    ended,
    ctrlC: () => process.kill(-(child.pid ?? 0), 'SIGINT'),
  };
}

/** The five seconds it has, and as many for a busy machine: whatever might hold it up would take 15 s and more. */
async function stops(run: Run): Promise<void> {
  const began = Date.now();
  run.ctrlC();
  assert.equal(await run.ended, 0, run.err());
  assert.ok(Date.now() - began < 10_000, `it took ${Date.now() - began} ms`);
}

/** Processes that still have this folder in their command line or environment. */
async function left(directory: string): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found: string[] = [];
  for (const pid of pids) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (command.includes(directory) || environment.includes(directory))
      found.push(`${pid} ${command.replaceAll('\0', ' ')}`);
  }
  return found;
}

test('--once --json prints one JSON object with the whole trace, what came out and what was sent on, and ends with 0', async (t) => {
  const directory = await folder(t);
  const backend = await startCollector();
  t.after(() => backend.close());
  const run = start(t, directory, ['--once', '--json'], {
    OTEL_TRACES_EXPORTER: 'otlp,smoke',
    OTEL_EXPORTER_OTLP_ENDPOINT: backend.endpoint,
  });
  assert.equal(await run.ended, 0, run.err());
  const result = JSON.parse(run.out()) as Record<string, unknown> & { spans: ReceivedSpan[] };
  assert.equal(result['complete'], true);
  assert.deepEqual(missingHops(result.spans), []);
  assert.equal((result['webhooks'] as unknown[]).length, 3);
  assert.match((result['file'] as { content: string }).content, /^WEBVTT/);
  const { backends, problems } = result['sent_on'] as { backends: Record<string, unknown>[]; problems: string[] };
  assert.ok(Number(backends[0]?.['exported']) >= result.spans.length, JSON.stringify(backends));
  assert.match(problems.join(), /^OTEL_TRACES_EXPORTER "smoke" is not a known name/);
  const [, count] = /^Sent on: otlp (\d+) spans to \S+\. OTEL_TRACES_EXPORTER "smoke"/m.exec(run.err()) ?? [];
  assert.equal(Number(count), backend.spans().length);
  assert.deepEqual(await left(directory), []);
});

test('--once ends with 1 where webhooks were refused, though the trace is whole, and names them', async (t) => {
  const directory = await folder(t);
  const target = createServer(
    (request, response) => void request.resume().on('end', () => response.writeHead(404).end()),
  );
  await once(target.listen(0, '127.0.0.1'), 'listening');
  t.after(() => target.close());
  const { url: DATABASE_URL } = await freshDatabase(t);
  const WEBHOOK_URL = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`;
  const run = start(t, directory, ['--once', '--json'], { DATABASE_URL, WEBHOOK_URL });
  assert.equal(await run.ended, 1, run.err());
  const result = JSON.parse(run.out()) as { complete: boolean; failures: Record<string, unknown>[] };
  assert.equal(result.complete, true);
  assert.deepEqual(
    result.failures.map(({ service, error_type, given_up }) => [service, error_type, given_up]),
    Array.from({ length: 3 }, () => ['nedlia-notifier', 'webhook-rejected', true]),
  );
  assert.match(run.err(), /its message is given up and lies in nedlia-notifier-dlq/);
});

test('Ctrl-C ends it within five seconds with 0 and leaves no process, whenever it comes', async (t) => {
  const directory = await folder(t);
  for (const moment of [/PostgreSQL/, /AWS on loopback/, /POST \/v1\/products/, /Ctrl-C stops/]) {
    const run = start(t, directory);
    await run.said(moment);
    await stops(run);
    assert.deepEqual(await left(directory), [], `after ${moment}`);
  }
});

test('Ctrl-C while a slow backend is waited for ends it with 0 as well, and shows no trace any more', async (t) => {
  const directory = await folder(t);
  const { collector, endpoint, whole } = await slowAtTheEnd(t);
  const run = start(t, directory, ['--once'], { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  await run.said(/GET \/v1\/placements/);
  await eventually(whole, 'the whole trace at the backend');
  await sleep(300); // what is left between the answer to the GET and the wait: a file and the webhooks are read
  await stops(run);
  assert.match(run.out(), /^Stopping …$/m);
  assert.doesNotMatch(run.out(), /One request, one trace/);
  assert.match(run.out(), /^Sent on: otlp \d+ spans? to \S+, \d+ (dropped|not accepted in time)/m);
  assert.ok(collector.spans().length > 0);
  assert.deepEqual(await left(directory), []);
});

/** A backend that takes everything, but never answers once it has a whole trace. */
async function slowAtTheEnd(t: TestContext) {
  const collector = await startCollector();
  t.after(() => collector.close());
  const whole = () => missingHops(collector.spans()).length === 0;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
    const headers = { 'content-type': type, 'content-encoding': encoding };
    await fetch(`${collector.endpoint}${request.url}`, { method: 'POST', headers, body: await buffer(request) });
    if (!whole()) response.end();
  };
  const backend = createServer((request, response) => void take(request, response)).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  t.after(() => {
    backend.close();
    backend.closeAllConnections();
  });
  return { collector, whole, endpoint: `http://127.0.0.1:${(backend.address() as AddressInfo).port}` };
}

test('Ctrl-C cuts a webhook that does not answer; its message stays, and the next start delivers it', async (t) => {
  const directory = await folder(t);
  let [asked, answering] = [0, false];
  const ids = new Set<string>();
  const target = createServer((request, response) => {
    asked += 1;
    if (!answering) return;
    ids.add(String(request.headers['webhook-id']));
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(target, 'listening');
  t.after(() => {
    target.close();
    target.closeAllConnections();
  });
  const { url: DATABASE_URL } = await freshDatabase(t);
  const env = { DATABASE_URL, WEBHOOK_URL: `http://127.0.0.1:${(target.address() as AddressInfo).port}/` };
  const first = start(t, directory, [], env);
  await first.said(/POST \/v1\/placements/);
  await eventually(() => asked > 0, 'a webhook');
  await stops(first);
  answering = true;
  const second = start(t, directory, ['--once'], env);
  assert.equal(await second.ended, 0, second.out());
  assert.equal(ids.size, 6, 'three webhooks of each run');
});

test('kill -9 of everything, then a start: what had been accepted is completed, in the trace it began in', async (t) => {
  const directory = await folder(t);
  const collector = await startCollector();
  t.after(() => collector.close());
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
  const first = start(t, directory, [], env);
  const [, api = ''] = await first.said(/API +(http:\S+)/);
  await first.said(/Ctrl-C stops/);
  const post = async (where: string, body: object) => {
    const answer = await fetch(api + where, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return {
      status: answer.status,
      trace: answer.headers.get('server-timing')?.split('-')[1] ?? '',
      id: ((await answer.json()) as { id: string }).id,
    };
  };
  const video = await post('/v1/videos', { title: 'a', duration: 600 });
  const product = await post('/v1/products', { name: 'b' });
  // Stopped, so that none of what follows is done, and its spans sent nowhere yet, when the kill comes.
  const functions = (await left(directory)).filter((line) => line.includes('bootstrap.ts'));
  for (const line of functions) process.kill(Number(line.split(' ')[0]), 'SIGSTOP');
  const accepted = [];
  for (let index = 0; index < 5; index++) {
    accepted.push(
      await post('/v1/placements', {
        video_id: video.id,
        product_id: product.id,
        start_time: index,
        end_time: index + 1,
      }),
    );
  }
  process.kill(-(first.child.pid ?? 0), 'SIGKILL');
  for (const line of await left(directory)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
  await first.ended;

  const second = start(t, directory, [], env);
  const [, again = ''] = await second.said(/API +(http:\S+)/);
  for (const { status, trace, id } of accepted) {
    assert.equal(status, 201);
    const reached = await collector.until(trace, (spans) => missingConsumers(spans).length === 0, 60_000);
    assert.ok(reached, `${trace}: no ${missingConsumers(collector.spans(trace)).join(', ')}`);
    const placement = (await (await fetch(`${again}/v1/placements/${id}`)).json()) as {
      file: object;
      validation: object;
    };
    assert.ok(placement.file && placement.validation, 'both outcomes are stored');
  }
  await stops(second);
});

/** Only the consumers' own spans: those of statements whose process was killed died with it, which is an honest limit. */
const missingConsumers = (spans: ReceivedSpan[]): string[] =>
  ['process nedlia-file-generator', 'process nedlia-validator', 'process nedlia-notifier'].filter(
    (name) => !spans.some((span) => span.name === name && span.status.code !== 'ERROR'),
  );

test('a second start in the same folder is refused in one line; a taken port is said and the next one used', async (t) => {
  const directory = await folder(t);
  const { url: DATABASE_URL } = await freshDatabase(t); // one of their own would take each two seconds
  const first = start(t, directory, [], { DATABASE_URL });
  const [, port = ''] = await first.said(/API +http:\S+:(\d+)/);
  await first.said(/Ctrl-C stops/);
  const second = start(t, directory);
  assert.equal(await second.ended, 1);
  assert.match(second.err(), /^nedlia: .* is in use by another "npm start"[^\n]*\n$/);
  const third = start(t, await folder(t), ['--once'], { DATABASE_URL, PORT: port });
  assert.equal(await third.ended, 0);
  assert.match(third.out(), new RegExp(`port ${port} is taken`));
});

test('--help explains, and an unknown option is refused with the help', async (t) => {
  const directory = await folder(t);
  const help = start(t, directory, ['--help']);
  assert.equal(await help.ended, 0);
  assert.match(help.out(), /--once/);
  const wrong = start(t, directory, ['--onec']);
  assert.equal(await wrong.ended, 64);
  assert.match(wrong.err(), /onec/);
});
