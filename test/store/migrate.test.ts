import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { migrations } from '../../store/migrations/list.ts';
import { databaseUrl, freshDatabase, once } from '../support/database.ts';

const names = Object.keys(migrations);

test('the static list names every file of its folder, in order', () => {
  const files = readdirSync(join(import.meta.dirname, '../../store/migrations')).filter((file) => /^\d{4}_/.test(file));
  assert.deepEqual(
    names,
    files.map((file) => file.replace(/\.ts$/, '')),
  );
  assert.deepEqual(names, [...names].sort());
});

test('of two processes that migrate an empty database at once, each migration is applied by one', async (t) => {
  const server = process.env['TEST_DATABASE_URL'] ?? '';
  const name = `empty_${randomUUID().replaceAll('-', '')}`;
  await once(server, `CREATE DATABASE ${name}`);
  const [a, b] = [openDatabase({ url: databaseUrl(server, name) }), openDatabase({ url: databaseUrl(server, name) })];
  t.after(async () => {
    await Promise.all([a.destroy(), b.destroy()]);
    await once(server, `DROP DATABASE ${name} WITH (FORCE)`);
  });
  const applied = await Promise.all([migrate(a), migrate(b)]);
  assert.deepEqual(applied.flat().sort(), names);
});

test('a database that is up to date stays as it is, and its session gets its limits back', async (t) => {
  const { url } = await freshDatabase(t);
  const db = openDatabase({ url, max: 1, transactionTimeoutMs: 2500 });
  assert.deepEqual(await migrate(db), []);
  const limits = ['transaction_timeout', 'statement_timeout', 'lock_timeout', 'search_path'];
  const { rows } = await sql<{ name: string; setting: string }>`
    select name, setting from pg_settings where name = any(${limits}) order by name`.execute(db);
  assert.deepEqual(
    rows.map(({ setting }) => setting),
    ['1000', 'nedlia', '5000', '2500'],
  );
  await db.destroy();
});
