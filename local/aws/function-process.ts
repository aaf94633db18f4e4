import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { REGION } from './account.ts';
import type { FunctionPlan } from './plan.ts';

/** What an invocation sends to the process. `deadline` is epoch milliseconds. */
export interface ToFunction {
  id: string;
  arn: string;
  deadline: number;
  memoryMb: number;
  event: unknown;
}

/** What a process says: first that it is ready (or why not), then one answer or error for each invocation. */
export type FromFunction =
  | { type: 'ready' }
  | { type: 'answer'; json: string }
  | { type: 'error'; error: { name: string; message: string; stack: string | undefined } };

/** An invocation, or a start, that failed: the function's own error, or `Sandbox.Timedout` or `Runtime.ExitError` as Lambda says. */
export class FunctionError extends Error {
  constructor(name: string, message: string, stack = `${name}: ${message}`) {
    super(message);
    this.name = name;
    this.stack = stack;
  }
}

const BOOTSTRAP = fileURLToPath(new URL('bootstrap.ts', import.meta.url));

/** One process of a function. It sees the function's environment and, of the shell's, `PATH`, `HOME` and `TMPDIR`. */
export class FunctionProcess {
  /** Resolves with the reason when the process has ended, or could not be made. */
  readonly gone: Promise<FunctionError>;
  readonly #child: ChildProcess;
  #lateAfterMs: number | undefined;
  #fail: (error: FunctionError) => void = () => {};

  constructor(plan: FunctionPlan, environment: Record<string, string>, onLine: (line: string) => void) {
    const { PATH, HOME, TMPDIR } = process.env;
    const child = spawn(process.execPath, [BOOTSTRAP], {
      cwd: plan.directory,
      // In a process group of its own: Ctrl-C is for whoever drains, not for the function at work.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        PATH,
        HOME,
        TMPDIR,
        ...plan.environment,
        ...environment,
        AWS_LAMBDA_FUNCTION_NAME: plan.name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(plan.memoryMb),
        AWS_DEFAULT_REGION: REGION,
        LAMBDA_TASK_ROOT: plan.directory,
        _HANDLER: plan.handler,
      },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) if (stream) eachLine(stream, onLine);
    this.gone = new Promise((resolve) => {
      const end = (reason: string) => {
        const seconds = this.#lateAfterMs === undefined ? undefined : (this.#lateAfterMs / 1000).toFixed(2);
        const error = seconds
          ? new FunctionError('Sandbox.Timedout', `Task timed out after ${seconds} seconds`)
          : new FunctionError('Runtime.ExitError', reason);
        resolve(error);
        this.#fail(error);
      };
      child.once('exit', (code, signal) => end(`the process exited (${signal ?? `code ${code}`})`));
      child.on('error', (error) => child.pid === undefined && end(error.message));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * The next thing the process says, after it was sent `message`; one question at a time.
   * Throws when the process ends first. One that says nothing within `limitMs` is killed.
   */
  async ask(limitMs: number, message?: ToFunction): Promise<FromFunction> {
    const timer = setTimeout(() => {
      this.#lateAfterMs = limitMs;
      this.kill();
    }, limitMs);
    try {
      return await new Promise((resolve, reject) => {
        this.#fail = reject;
        this.#child.once('message', (reply: FromFunction) => resolve(reply));
        // Without a listener a closed channel would be an uncaught error; the end of the process says it anyway.
        if (message) this.#child.send(message, () => {});
      });
    } finally {
      clearTimeout(timer);
    }
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Not `readline`, which also breaks a line at U+2028, and JSON leaves that character as it is. */
function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.once('end', () => rest && onLine(rest));
}
