import { sql } from 'kysely';
import { type MigrationResult, Migrator } from 'kysely/migration';
import { span } from '../telemetry/span.ts';
import type { Database } from './database.ts';
import { migrations } from './migrations/list.ts';

/**
 * Brings the schema up to date, each migration in a transaction of its own and only one process at a time.
 * @returns the names of those applied now.
 */
export function migrate(db: Database): Promise<string[]> {
  return span('store.migrate', () =>
    db.connection().execute(async (session) => {
      // An index may take longer than a request may, and waiting for another process that migrates is what we want.
      await sql`set statement_timeout = 0`.execute(session);
      await sql`set transaction_timeout = 0`.execute(session);
      try {
        return await applyAll(session);
      } finally {
        await sql`reset all`.execute(session);
      }
    }),
  );
}

async function applyAll(db: Database): Promise<string[]> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    migrationTableSchema: 'nedlia',
  });
  const applied: string[] = [];
  for (;;) {
    const { error, results = [] } = await migrator.migrateUp();
    if (error) throw named(error, results);
    if (results.length === 0) return applied;
    applied.push(...results.map((result: MigrationResult) => result.migrationName));
  }
}

/** The failure of a migration says which one it was: at a deployment this line is all there is to see. */
function named(error: unknown, results: readonly MigrationResult[]): Error {
  const failed = results.find(({ status }) => status === 'Error');
  const message = error instanceof Error ? error.message : String(error);
  return new Error(failed ? `migration ${failed.migrationName} failed: ${message}` : message, { cause: error });
}
