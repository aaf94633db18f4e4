import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { nobody } from './peer.ts';

const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 10_000;

/** Runs a real Zipkin on a free loopback port, everything in memory. @throws Error with the end of its log. */
export async function startZipkin(jar: string): Promise<{ url: string; process: ChildProcess }> {
  const { port, origin } = new URL(await nobody());
  const listen = { ip: '127.0.0.1', port, protocols: 'http' };
  const ports = Object.entries(listen).map(([key, value]) => `--armeria.ports[0].${key}=${value}`);
  const child = spawn('java', ['-Xmx256m', '-jar', jar, ...ports], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (line) => lines.push(line));

  for (const deadline = Date.now() + READY_WITHIN_MS; ; await sleep(200)) {
    const answer = await fetch(`${origin}/health`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return { url: origin, process: child };
    if (child.exitCode === null && Date.now() < deadline) continue;
    await stopZipkin(child);
    throw new Error(`Zipkin does not start: ${lines.join('').slice(-1000)}`);
  }
}

export async function stopZipkin(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(late);
}
