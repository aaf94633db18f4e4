import { sql } from 'kysely';
import { type Database, transaction } from './database.ts';

/**
 * Makes the user that the functions sign in as, by IAM, and lets it read and write every table there is and will be; not change
 * the schema. Done again it changes nothing. To be called by the owner of the schema.
 */
export async function admit(db: Database, user: string): Promise<void> {
  const name = sql.id(user);
  await transaction(db, async (tx) => {
    const { rows } = await sql`select 1 from pg_roles where rolname = ${user}`.execute(tx);
    if (rows.length === 0) await sql`create role ${name} login`.execute(tx);
    await sql`grant rds_iam to ${name}`.execute(tx);
    await sql`grant usage on schema nedlia to ${name}`.execute(tx);
    await sql`grant select, insert, update, delete on all tables in schema nedlia to ${name}`.execute(tx);
    await sql`grant usage on all sequences in schema nedlia to ${name}`.execute(tx);
    await sql`alter default privileges in schema nedlia
      grant select, insert, update, delete on tables to ${name}`.execute(tx);
    await sql`alter default privileges in schema nedlia grant usage on sequences to ${name}`.execute(tx);
  });
}
