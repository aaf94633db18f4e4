import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A process that is asked one thing at a time and answers it. */
export interface Child {
  /** @throws when the process ends instead, with what it wrote to standard error. */
  ask<A>(question: unknown): Promise<A>;
  /** What it says of itself when it is ready. */
  ready: unknown;
  stop(): Promise<void>;
}

/** Starts a program that says over IPC when it is ready. It sees PATH and HOME and the environment given, nothing else of ours. */
export async function startChild(file: string, args: string[], env: Record<string, string> = {}): Promise<Child> {
  const { PATH = '', HOME = '' } = process.env;
  const child = fork(file, args, { env: { PATH, HOME, ...env }, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const complaint = complaints(child);
  const answer = <A>(): Promise<A> =>
    new Promise((resolve, reject) => {
      // Not `exit`, which may come before the last message and the last words have been read.
      const ended = (code: number | null, signal: string | null) =>
        reject(new Error(`${file} ended (${signal ?? code}): ${complaint()}`));
      child.once('close', ended);
      child.once('message', (message) => {
        child.off('close', ended);
        resolve(message as A);
      });
    });
  const ready = await answer();
  return {
    ready,
    ask: (question) => {
      child.send(question as object);
      return answer();
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** The last of what a process wrote to standard error. */
function complaints(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-2000)));
  return () => text.trim() || 'it said nothing';
}
