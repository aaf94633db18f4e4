import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../store/database.ts';

/** The migrated database of the run that every test's own is a copy of. */
export const TEMPLATE = 'nedlia_template';

/** The same server, another database. */
export function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * A migrated, empty database of the test's own (a copy takes some 40 ms), closed and dropped after it: after the test
 * given, or after the file. Without `--test-global-setup=test/global.ts` there is no server.
 */
export async function freshDatabase(
  t: { after(done: () => Promise<void>): void } = { after },
): Promise<{ url: string; db: Database }> {
  const server = process.env['TEST_DATABASE_URL'];
  if (!server) throw new Error('no database: run node --test with --test-global-setup=test/global.ts');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await once(server, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY FILE_COPY`);
  const url = databaseUrl(server, name);
  const db = openDatabase({ url });
  t.after(async () => {
    await db.destroy();
    await once(server, `DROP DATABASE ${name} WITH (FORCE)`);
  });
  return { url, db };
}

/** Runs one statement of administration in a session of its own. */
export async function once(url: string, statement: string): Promise<void> {
  const db = openDatabase({ url, max: 1 });
  try {
    await sql.raw(statement).execute(db);
  } finally {
    await db.destroy();
  }
}
