import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** What a running server writes into its data folder (`postmaster.pid`: https://www.postgresql.org/docs/18/storage-file-layout.html). */
export async function readPidFile(data: string): Promise<{ pid: number; ready: boolean } | undefined> {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 1 ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined;
}

/**
 * Stops the server of a data folder that a run ended by kill -9 has left behind, and waits until it is gone. A process id
 * alone proves nothing, it may have been given out again: the command line must name the folder.
 */
export async function stopLeftBehind(data: string): Promise<void> {
  const file = await readPidFile(data);
  if (!file || !exists(file.pid)) return;
  if (!isServerOf(file.pid, data)) {
    // PostgreSQL would take the stranger for its server and refuse to start.
    await rm(path.join(data, 'postmaster.pid'), { force: true });
    return;
  }
  await end(file.pid, () => isServerOf(file.pid, data));
}

/** Asks a server to stop: after the statements that run (4 s), at once (1 s), by force. Resolves when it is gone. */
export async function end(pid: number, isAlive: () => boolean): Promise<void> {
  for (const [signal, withinMs] of [
    ['SIGINT', 4000],
    ['SIGQUIT', 1000],
    ['SIGKILL', 1000],
  ] as const) {
    signalTo(pid, signal);
    for (let waited = 0; waited < withinMs; waited += 10) {
      if (!isAlive()) return;
      await setTimeout(10);
    }
  }
  throw new Error(`PostgreSQL (process ${pid}) does not stop`);
}

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

export const signalTo = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // gone already
  }
};

/** A process that has ended but was not reaped yet has no arguments: it is no server any more. */
export function isServerOf(pid: number, data: string): boolean {
  return argumentsOf(pid).includes(data);
}

function argumentsOf(pid: number): string {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8'); // small images have no ps
  } catch {
    return '';
  }
}
