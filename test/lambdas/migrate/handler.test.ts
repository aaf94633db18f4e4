import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { migrations } from '../../../store/migrations/list.ts';
import { builtBundles } from '../../support/built.ts';
import { databaseUrl, once } from '../../support/database.ts';
import { invoke } from '../../support/invoke.ts';

const built = join(await builtBundles(), 'migrate', 'index.cjs');
const quiet = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };

/** A database with nothing in it, of the test's own. */
async function emptyDatabase(t: TestContext): Promise<string> {
  const server = process.env['TEST_DATABASE_URL'] ?? '';
  const name = `empty_${randomUUID().replaceAll('-', '')}`;
  await once(server, `CREATE DATABASE ${name}`);
  t.after(() => once(server, `DROP DATABASE ${name} WITH (FORCE)`));
  return databaseUrl(server, name);
}

test('the built migration brings an empty database up to date, and finds nothing to do the next time', async (t) => {
  const DATABASE_URL = await emptyDatabase(t);
  const applied = async (RequestType: string) => {
    const { answer, stderr } = await invoke(built, { RequestType }, { ...quiet, DATABASE_URL });
    assert.equal(stderr, '');
    return (answer as { Data: { Applied: string } }).Data.Applied;
  };
  assert.equal(await applied('Create'), Object.keys(migrations).join(', '));
  assert.equal(await applied('Update'), 'none');
});

test('a migration that cannot be applied says which one it was and why', async (t) => {
  const DATABASE_URL = await emptyDatabase(t);
  await once(DATABASE_URL, 'CREATE SCHEMA nedlia');
  await once(DATABASE_URL, 'CREATE TABLE nedlia.videos (id text)');
  const { code, stderr } = await invoke(built, { RequestType: 'Create' }, { ...quiet, DATABASE_URL });
  assert.notEqual(code, 0);
  assert.match(stderr, /^Error: migration 0001_pipeline failed: .*"videos" already exists/m);
});
