import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
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
  | { type: 'error'; error: { errorType: string; errorMessage: string; trace: string[] } };

/** One function, as a test or a poller sees it. */
export interface FunctionHandle {
  readonly name: string;
  /** The process that serves it; `undefined` before its first use and between a crash and the restart. */
  pid(): number | undefined;
  /** Resolves once a process is up and has loaded the handler. Throws FunctionError when this start failed; the next is already on its way. */
  ready(): Promise<void>;
  /** Runs the handler once; calls wait for each other. Throws FunctionError when the handler threw, the time was over or the process died. */
  invoke(event: unknown): Promise<unknown>;
  /** Kills the process as `kill -9` does; another is started. */
  kill(): void;
}

/** An invocation, or a start, that failed. `type` is the error's name, or `Runtime.ExitError`, `Sandbox.Timedout` as Lambda says. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

const BOOTSTRAP = fileURLToPath(new URL('bootstrap.ts', import.meta.url));
const START_LIMIT_MS = 30_000;
const RESTART_MS = { first: 100, most: 5000 };

/** A Lambda function in one process of its own, which sees only the function's environment, so nothing leaks in from the shell. */
export class LocalFunction implements FunctionHandle {
  readonly name: string;
  readonly #plan: FunctionPlan;
  readonly #environment: Record<string, string>;
  readonly #onLine: (line: string) => void;
  #process: ChildProcess | undefined;
  #started: Promise<ChildProcess> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #failuresInARow = 0;
  #stopped = false;

  constructor(plan: FunctionPlan, environment: Record<string, string>, onLine: (line: string) => void) {
    this.name = plan.name;
    this.#plan = plan;
    this.#environment = environment;
    this.#onLine = onLine;
  }

  pid(): number | undefined {
    return this.#process?.pid;
  }

  async ready(): Promise<void> {
    this.#started ??= this.#start();
    await this.#started;
  }

  invoke(event: unknown): Promise<unknown> {
    const run = this.#last.then(() => this.#run(event));
    this.#last = run.catch(() => undefined);
    return run;
  }

  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  /** Kills the process for good; an invocation that runs fails with it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#process;
    if (!child) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async #run(event: unknown): Promise<unknown> {
    this.#started ??= this.#start();
    const child = await this.#started;
    const { arn, timeoutMs, memoryMb } = this.#plan;
    const message = { id: randomUUID(), arn, deadline: Date.now() + timeoutMs, memoryMb, event };
    const answer = await this.#next(child, timeoutMs, () => child.send(message));
    this.#failuresInARow = 0;
    if (answer.type === 'error') throw toError(answer.error);
    return answer.type === 'answer' ? JSON.parse(answer.json) : undefined;
  }

  async #start(): Promise<ChildProcess> {
    if (this.#stopped) throw new FunctionError('Stopped', `${this.name} is stopped`);
    const { PATH, HOME, TMPDIR } = process.env;
    const child = spawn(process.execPath, [BOOTSTRAP], {
      cwd: this.#plan.directory,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        PATH,
        HOME,
        TMPDIR,
        ...this.#plan.environment,
        ...this.#environment,
        AWS_LAMBDA_FUNCTION_NAME: this.name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(this.#plan.memoryMb),
        AWS_DEFAULT_REGION: REGION,
        LAMBDA_TASK_ROOT: this.#plan.directory,
        _HANDLER: this.#plan.handler,
      },
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream! }).on('line', this.#onLine);
    // Before anybody else hears of the exit, so that whoever tries again finds the next start, not this one.
    child.once('exit', () => this.#restart());
    child.on('error', (error) => this.#onLine(String(error)));
    const first = await this.#next(child, START_LIMIT_MS);
    if (first.type !== 'error') return child;
    await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(undefined)));
    throw toError(first.error);
  }

  #restart(): void {
    this.#process = undefined;
    if (this.#stopped) return;
    const pause = Math.min(RESTART_MS.first * 2 ** this.#failuresInARow, RESTART_MS.most);
    this.#failuresInARow += 1;
    this.#started = sleep(pause).then(() => this.#start());
    this.#started.catch((error: unknown) => {
      if (!this.#stopped) this.#onLine(`${this.name} could not start: ${String(error)}`);
    });
  }

  /** The process's next message after `ask`; a process that says nothing in time is killed. */
  #next(child: ChildProcess, limitMs: number, ask?: () => void): Promise<FromFunction> {
    return new Promise((resolve, reject) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        child.kill('SIGKILL');
      }, limitMs);
      const settle = () => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
      };
      const onMessage = (message: FromFunction) => {
        settle();
        resolve(message);
      };
      const onExit = (code: number | null, signal: string | null) => {
        settle();
        const timedOut = new FunctionError(
          'Sandbox.Timedout',
          `Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`,
        );
        reject(
          late ? timedOut : new FunctionError('Runtime.ExitError', `the process exited (${signal ?? `code ${code}`})`),
        );
      };
      child.on('message', onMessage);
      child.on('exit', onExit);
      ask?.();
    });
  }
}

const toError = ({ errorType, errorMessage }: { errorType: string; errorMessage: string }): FunctionError =>
  new FunctionError(errorType, errorMessage);
