import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOwner, ownerLogin } from '../../../lambdas/migrate/owner.ts';
import { prepare, type Request } from '../../../lambdas/migrate/prepare.ts';

const asked = (RequestType: Request['RequestType']): Request => ({ RequestType });
const aDatabase = () => {
  const done: string[] = [];
  const migrate = async () => {
    done.push('migrated');
    return ['0001_first', '0002_second'];
  };
  const admit = async () => void done.push('admitted');
  const close = async () => void done.push('closed');
  return { done, migrate, admit, close };
};

const unopened = () => Promise.reject(new Error('nobody has to sign in for that'));
const fails = () => Promise.reject(new Error('migration 0002_second failed: no'));

for (const type of ['Create', 'Update'] as const) {
  test(`at ${type} the schema comes first, then who may use it, and the deployment hears what was applied`, async () => {
    const database = aDatabase();
    const answer = await prepare(async () => database)(asked(type));
    assert.deepEqual(database.done, ['migrated', 'admitted', 'closed']);
    assert.deepEqual(answer, { PhysicalResourceId: 'nedlia-schema', Data: { Applied: '0001_first, 0002_second' } });
  });
}

test('whoever destroys the functions leaves the rows where they are', async () => {
  assert.equal((await prepare(unopened)(asked('Delete'))).PhysicalResourceId, 'nedlia-schema');
});

test('where the functions own the schema themselves nobody is let in', async () => {
  const { done, admit: _, ...database } = aDatabase();
  await prepare(async () => database)(asked('Create'));
  assert.deepEqual(done, ['migrated', 'closed']);
});

test('a failing migration is the message of the deployment, and nobody is let in', async () => {
  const database = aDatabase();
  const open = async () => ({ ...database, migrate: fails });
  await assert.rejects(prepare(open)(asked('Update')), /^Error: migration 0002_second failed: no$/);
  assert.deepEqual(database.done, ['closed']);
});

test('the owner signs in as the secret of RDS says, and a wrong secret is not repeated', () => {
  const login = { user: 'nedlia_owner', password: 'p' };
  assert.deepEqual(ownerLogin(JSON.stringify({ username: 'nedlia_owner', password: 'p', more: 1 })), login);
  for (const wrong of ['hunter2', '{"password":"hunter2"}', '{"username":1,"password":"hunter2"}']) {
    assert.throws(
      () => ownerLogin(wrong),
      ({ message }: Error) => /no username and password/.test(message) && !message.includes('hunter2'),
    );
  }
});

const refused = (code: string) => Object.assign(new Error('unavailable'), { cause: { code } });

test('the owner signs in by password until RDS wants a token', async () => {
  const owner = { user: 'nedlia_owner', password: 'p' };
  assert.deepEqual(await asOwner(owner, async (login) => login), owner);
  for (const code of ['28000', '28P01']) {
    const login = await asOwner(owner, async (login) => {
      if (login.password) throw refused(code);
      return login;
    });
    assert.deepEqual(login, { user: 'nedlia_owner' });
  }
});

test('a database that cannot be reached is not asked twice', async () => {
  const asked: unknown[] = [];
  const open = (login: unknown) => {
    asked.push(login);
    return Promise.reject(refused('08001'));
  };
  await assert.rejects(asOwner({ user: 'o', password: 'p' }, open), /unavailable/);
  assert.equal(asked.length, 1);
});
