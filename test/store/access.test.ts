import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { admit } from '../../store/access.ts';
import { openDatabase } from '../../store/database.ts';
import { freshDatabase, once } from '../support/database.ts';

const user = `nedlia_${process.pid}`;

test('who is let in reads and writes what is there and what is to come, but does not change the schema; twice is as good as once', async (t) => {
  const { url, db } = await freshDatabase(t);
  // RDS brings this role; whoever has it signs in by IAM.
  await once(url, `DO $$ BEGIN CREATE ROLE rds_iam; EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
  t.after(() => once(process.env['TEST_DATABASE_URL'] ?? '', `DROP ROLE ${user}`));
  await admit(db, user);
  await admit(db, user);
  await sql`create table nedlia.later (id text)`.execute(db);

  const as = new URL(url);
  as.username = user;
  await once(url, `ALTER ROLE ${user} PASSWORD '${as.password}'`); // there is no IAM here
  const theirs = openDatabase({ url: as.href });
  t.after(() => theirs.destroy());
  await sql`insert into videos (id, title, duration_ms) values ('v', 't', 1)`.execute(theirs);
  await sql`insert into later values ('l')`.execute(theirs);
  assert.equal((await sql`select 1 from videos`.execute(theirs)).rows.length, 1);
  for (const change of ['drop table later', 'create table mine (id text)', 'alter table videos add column x text']) {
    await assert.rejects(sql.raw(change).execute(theirs), /permission denied|must be owner/);
  }
});
