import { type CompiledQuery, type DatabaseConnection, type Driver, PostgresDialect, type QueryResult } from 'kysely';
import { type Server, traceStatement } from '../telemetry/edges/sql.ts';
import { DatabaseError, meaningOf } from './errors.ts';
import { type Session, type SessionOptions, Sessions } from './session.ts';
import { describeStatement } from './statement.ts';

/** Kysely's dialect over our own sessions: the one seam every statement passes. */
export class TracedPostgres extends PostgresDialect {
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    super({ pool: () => Promise.reject(new Error('sessions are opened by TracedDriver')) });
    this.#options = options;
  }

  override createDriver() {
    return new TracedDriver(this.#options);
  }
}

class TracedDriver implements Driver {
  readonly #sessions: Sessions;
  readonly #server: Server;

  constructor(options: SessionOptions) {
    const { hostname, port, username } = new URL(options.url);
    const user = options.login?.user ?? decodeURIComponent(username);
    this.#sessions = new Sessions(options);
    this.#server = { address: hostname, port: Number(port || 5432), ...(user && { user }) };
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Connection> {
    return new Connection(await this.#sessions.open(), this.#server);
  }

  async beginTransaction({ session }: Connection): Promise<void> {
    await control(session, 'begin');
  }

  async commitTransaction({ session }: Connection): Promise<void> {
    // PostgreSQL answers COMMIT with ROLLBACK when a statement of the transaction had failed.
    const { command } = await control(session, 'commit');
    if (command !== 'COMMIT') throw new Error('rolled back at its commit: the failure of a statement was swallowed');
  }

  /** Never throws: what made it necessary is the error to report, and a session that cannot roll back is closed. */
  async rollbackTransaction({ session }: Connection): Promise<void> {
    await control(session, 'rollback').catch(() => session.abandon());
  }

  async releaseConnection({ session }: Connection): Promise<void> {
    session.release();
  }

  destroy(): Promise<void> {
    return this.#sessions.close();
  }
}

class Connection implements DatabaseConnection {
  readonly session: Session;
  readonly #server: Server;

  constructor(session: Session, server: Server) {
    this.session = session;
    this.#server = server;
  }

  async executeQuery<R>({ query, sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const statement = describeStatement(query, sql);
    const wait = statement && this.session.waitOnce();
    const send = async (text: string): Promise<QueryResult<R>> => {
      const { command, rowCount, rows } = await this.session.ask(text, parameters, statement?.changesSchema);
      return { rows, ...(CHANGES.has(command) && { numAffectedRows: BigInt(rowCount ?? 0) }) };
    };
    return explained(statement ? traceStatement({ ...statement, server: this.#server, wait }, send) : send(sql));
  }

  streamQuery(): never {
    throw new Error('streaming would be a second way past the seam');
  }
}

const CHANGES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

const control = (session: Session, text: string) => explained(session.ask(text));

/** Outside of the span: the span tells what PostgreSQL said, the caller learns what it means. */
const explained = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw error instanceof DatabaseError ? meaningOf(error) : error;
  });
