import { Pool, type PoolClient, type QueryResult } from 'pg';
import { Unavailable } from '../core/unavailable.ts';
import { type PoolWait, tellPoolRefusal } from '../telemetry/edges/pool-wait.ts';
import { log } from '../telemetry/log.ts';
import { type DatabaseError, isAnswer, toDatabaseError } from './errors.ts';
import { connectionTo, type Login } from './target.ts';

export interface SessionOptions {
  /** postgres:// with user, password, host, port and database; with `?auth=iam` without a password: see `connectionTo`. */
  url: string;
  /** Signs in as somebody else than the URL says; only with `?auth=iam`. */
  login?: Login | undefined;
  /** Sessions at most; 10. */
  max?: number;
  /** For opening a session or waiting for a free one. 18 s: a paused Aurora resumes in 15 to 35 s and API Gateway gives up after 29. */
  connectTimeoutMs?: number;
  /** 5 s. Changes of the schema are exempt. */
  statementTimeoutMs?: number;
  /** A sixth of the relay's delay (60 s), so that no transaction outlives the nudge that covers it. */
  transactionTimeoutMs?: number;
}

/** How much longer than the server's own limit we wait: so it ends only when the server is gone without a word. */
const BEYOND_STATEMENT_MS = 1000;
/** Below `idle_session_timeout`. By wall clock: a pool's timers do not run while a function is frozen. */
const TRUSTED_IDLE_MS = 45_000;

/** Opens sessions as they are needed. Never emits an unheard `error`, which would end the process. */
export class Sessions {
  readonly #pool: Pool;
  readonly #restingSince = new WeakMap<PoolClient, number>();
  readonly #lost = new WeakMap<PoolClient, Error>();

  readonly #answerWithinMs: number;

  constructor(options: SessionOptions) {
    const { url, login, max = 10, connectTimeoutMs = 18_000 } = options;
    const { statementTimeoutMs = 5000, transactionTimeoutMs = 10_000 } = options;
    this.#answerWithinMs = statementTimeoutMs + BEYOND_STATEMENT_MS;
    const settings = {
      search_path: 'nedlia',
      timezone: 'UTC',
      // Enforced by the server, so they hold for a function that was frozen or killed with a lock in its hands.
      statement_timeout: statementTimeoutMs,
      lock_timeout: 1000,
      transaction_timeout: Math.floor(transactionTimeoutMs),
      idle_in_transaction_session_timeout: 10_000,
      idle_session_timeout: 60_000,
    };
    this.#pool = new Pool({
      ...connectionTo(url, settings, login),
      max,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      application_name: 'nedlia',
    });
    this.#pool.on('error', (error) => log.debug('an idle database session ended', { error }));
    // The pool listens to resting clients only; one that is lost between two statements of a transaction is heard here.
    // The server's reason comes first, then that the connection ended.
    this.#pool.on('connect', (client) => {
      client.on('error', (error) => this.#lost.has(client) || this.#lost.set(client, error));
    });
    this.#pool.on('release', (_, client) => this.#restingSince.set(client, Date.now()));
  }

  /** @throws Unavailable when none can be had. */
  async open(): Promise<Session> {
    const began = performance.now();
    const waited = () => ({ milliseconds: performance.now() - began, most: this.#pool.options.max });
    try {
      for (;;) {
        const client = await this.#pool.connect();
        const restingSince = this.#restingSince.get(client);
        if (restingSince === undefined || Math.abs(Date.now() - restingSince) < TRUSTED_IDLE_MS) {
          const wait = { ...waited(), opened: restingSince === undefined };
          return new Session(client, () => this.#lost.get(client), this.#answerWithinMs, wait);
        }
        client.release(true);
      }
    } catch (error) {
      tellPoolRefusal(waited());
      const cause = toDatabaseError(error, '08001');
      throw new Unavailable(`the database cannot be reached: ${cause.message}`, { cause });
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** One session, held by one caller. */
export class Session {
  readonly #client: PoolClient;
  readonly #lost: () => Error | undefined;
  readonly #answerWithinMs: number;
  #wait: PoolWait | undefined;
  #silent = false;

  constructor(client: PoolClient, lost: () => Error | undefined, answerWithinMs: number, wait: PoolWait) {
    this.#client = client;
    this.#wait = wait;
    this.#lost = lost;
    this.#answerWithinMs = answerWithinMs;
  }

  /**
   * Sends a statement and waits for its answer; with `patience` for as long as it takes.
   * @throws DatabaseError
   */
  async ask(text: string, parameters: readonly unknown[] = [], patience = false): Promise<QueryResult> {
    if (this.#silent) throw this.#gone();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      if (!patience) timer = setTimeout(() => reject(this.#fallSilent()), this.#answerWithinMs);
    });
    const answer = this.#client.query(text, [...parameters]);
    answer.catch(() => {}); // after the deadline nobody listens any more
    try {
      return await Promise.race([answer, deadline]);
    } catch (error) {
      if (isAnswer(error)) throw toDatabaseError(error, '08006');
      if (this.#silent || this.#lost()) throw this.#gone();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** How long it was waited for, to whoever asks first: a trace says it once. */
  waitOnce(): PoolWait | undefined {
    const wait = this.#wait;
    this.#wait = undefined;
    return wait;
  }

  /** Gives the session back; one that did not answer is closed. */
  release(): void {
    this.#client.release(this.#silent);
  }

  /** Marks the session as one that must not be used again. */
  abandon(): void {
    this.#silent = true;
  }

  #fallSilent(): Error {
    this.#silent = true;
    return this.#gone();
  }

  #gone(): DatabaseError {
    return toDatabaseError(this.#lost() ?? new Error('the database does not answer'), '08006');
  }
}
