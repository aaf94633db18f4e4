import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownerLogin } from '../../../lambdas/migrate/owner.ts';
import { prepare, type Request } from '../../../lambdas/migrate/prepare.ts';

const asked = (RequestType: Request['RequestType']): Request => ({ RequestType });
const aDatabase = () => {
  const done: string[] = [];
  const migrate = async () => {
    done.push('migrated');
    return ['0001_first', '0002_second'];
  };
  const admit = async () => void done.push('admitted');
  return { done, migrate, admit };
};

const fails = () => Promise.reject(new Error('migration 0002_second failed: no'));

for (const type of ['Create', 'Update'] as const) {
  test(`at ${type} the schema comes first, then who may use it, and the deployment hears what was applied`, async () => {
    const database = aDatabase();
    const answer = await prepare(database)(asked(type));
    assert.deepEqual(database.done, ['migrated', 'admitted']);
    assert.deepEqual(answer, { PhysicalResourceId: 'nedlia-schema', Data: { Applied: '0001_first, 0002_second' } });
  });
}

test('whoever destroys the functions leaves the rows where they are', async () => {
  const database = aDatabase();
  const { PhysicalResourceId: id } = await prepare(database)(asked('Delete'));
  assert.deepEqual([database.done, id], [[], 'nedlia-schema']);
});

test('where the functions own the schema themselves nobody is let in', async () => {
  const { migrate, done } = aDatabase();
  await prepare({ migrate, admit: undefined })(asked('Create'));
  assert.deepEqual(done, ['migrated']);
});

test('a failing migration is the message of the deployment, and nobody is let in', async () => {
  const { admit, done } = aDatabase();
  await assert.rejects(
    prepare({ migrate: fails, admit })(asked('Update')),
    /^Error: migration 0002_second failed: no$/,
  );
  assert.deepEqual(done, []);
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
