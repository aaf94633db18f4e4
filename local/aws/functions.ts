import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FunctionError, FunctionProcess } from './function-process.ts';
import type { FunctionPlan } from './plan.ts';

/** One function, as a test or a poller sees it. */
export interface FunctionHandle {
  readonly name: string;
  /** The process that serves it; `undefined` before its first use and between a crash and the restart. */
  pid(): number | undefined;
  /** Resolves once a process has loaded the handler. Throws FunctionError when this start failed; the next is then on its way. */
  ready(): Promise<void>;
  /** Runs the handler once; calls wait for each other. Throws FunctionError when the handler threw, the time was over or the process ended. */
  invoke(event: unknown): Promise<unknown>;
  /** Kills the process as `kill -9` does; another is started. */
  kill(): void;
}

const START_LIMIT_MS = 30_000;
const RESTART_MS = { first: 100, most: 5000 };

/** A Lambda function that runs in one process: started at its first use, replaced with a growing pause when it ends. */
export class LocalFunction implements FunctionHandle {
  readonly name: string;
  readonly #plan: FunctionPlan;
  readonly #environment: Record<string, string>;
  readonly #onLine: (line: string) => void;
  #process: FunctionProcess | undefined;
  #started: Promise<FunctionProcess> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #endsInARow = 0;
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
    await this.#ready();
  }

  invoke(event: unknown): Promise<unknown> {
    const run = this.#last.then(() => this.#run(event));
    this.#last = run.catch(() => undefined);
    return run;
  }

  kill(): void {
    this.#process?.kill();
  }

  /** Kills the process for good; an invocation that runs fails with it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#process?.kill();
    await this.#process?.gone;
  }

  #ready(): Promise<FunctionProcess> {
    return (this.#started ??= this.#start());
  }

  async #start(): Promise<FunctionProcess> {
    if (this.#stopped) throw new FunctionError('Stopped', `${this.name} is stopped`);
    const process = new FunctionProcess(this.#plan, this.#environment, this.#onLine);
    this.#process = process;
    // Registered first, so that whoever hears of the end and tries again finds the next start, not this one.
    void process.gone.then(() => this.#restart());
    const first = await process.ask(START_LIMIT_MS);
    if (first.type !== 'error') return process;
    // Killed from here: a process that exits by itself may be gone before its reason has arrived.
    process.kill();
    await process.gone;
    throw toError(first.error);
  }

  #restart(): void {
    this.#process = undefined;
    const pause = Math.min(RESTART_MS.first * 2 ** this.#endsInARow, RESTART_MS.most);
    this.#endsInARow += 1;
    this.#started = this.#stopped ? undefined : sleep(pause).then(() => this.#start());
    this.#started?.catch((error: unknown) => {
      if (!this.#stopped) this.#onLine(`${this.name} could not start: ${String(error)}`);
    });
  }

  async #run(event: unknown): Promise<unknown> {
    const process = await this.#ready();
    const { arn, timeoutMs, memoryMb } = this.#plan;
    const deadline = Date.now() + timeoutMs;
    const reply = await process.ask(timeoutMs, { id: randomUUID(), arn, deadline, memoryMb, event });
    this.#endsInARow = 0;
    if (reply.type === 'error') throw toError(reply.error);
    return reply.type === 'answer' ? JSON.parse(reply.json) : undefined;
  }
}

const toError = ({ name, message, stack }: { name: string; message: string; stack: string | undefined }) =>
  new FunctionError(name, message, stack);
