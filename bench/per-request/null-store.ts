import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { DatabaseConnection } from 'kysely';
import type { Database } from '../../store/database.ts';

/** A store that does nothing: every question has this one video as its answer, at once. What is left is HTTP. */
export function nullStore(): Database {
  const row = { id: 'vi-1', title: 'A film', durationMs: 60_000, createdAt: new Date() };
  const connection: DatabaseConnection = {
    executeQuery: async () => ({ rows: [row as never] }),
    streamQuery: () => {
      throw new Error('nothing streams');
    },
  };
  class NullDriver extends DummyDriver {
    override async acquireConnection() {
      return connection;
    }
  }
  return new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new NullDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}
