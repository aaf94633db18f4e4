import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeCdk } from '../support/fake-cdk.ts';
import { fakeCloudFormation, type FakeStack } from '../support/fake-cloudformation.ts';
import { runWord } from '../support/word.ts';

const aStage = (files = 'Retain'): Record<string, FakeStack> => ({
  'nedlia-dev': {},
  'nedlia-dev-data': {
    resources: {
      Files: { type: 'AWS::S3::Bucket', name: 'files-123', deletionPolicy: files },
      Cluster: { type: 'AWS::RDS::DBCluster', name: 'cluster-1', deletionPolicy: 'Snapshot' },
      Queue: { type: 'AWS::SQS::Queue', name: 'nedlia-relay-dlq', deletionPolicy: 'Delete' },
    },
  },
});

/** What is left of it after so many calls of `cdk destroy`. */
const after = (calls: number, files?: string): Record<string, FakeStack> =>
  Object.fromEntries(Object.entries(aStage(files)).slice(calls));

test('where nothing is deployed there is nothing to destroy', async (t) => {
  const cdk = fakeCdk();
  const { env } = await fakeCloudFormation(t, () => ({}));
  const { code, stdout } = await runWord('destroy', ['--yes'], { ...env, ...cdk.env });
  assert.deepEqual([code, stdout], [0, 'There is no stage dev in eu-central-1: nothing to destroy.\n']);
  assert.deepEqual(cdk.calls(), []);
});

test('nothing is destroyed unless somebody says yes', async (t) => {
  const cdk = fakeCdk();
  const { env } = await fakeCloudFormation(t, aStage);
  const { code, stderr } = await runWord('destroy', [], { ...env, ...cdk.env });
  assert.equal(code, 64);
  assert.match(stderr, /^nedlia: nobody is there to be asked: add --yes\n/);
  assert.deepEqual(cdk.calls(), []);
});

test('a protected stage is not destroyed, and where to read on is said', async (t) => {
  const cdk = fakeCdk();
  const { env } = await fakeCloudFormation(t, () => ({ 'nedlia-prod': {}, 'nedlia-prod-data': { guarded: true } }));
  const { code, stderr } = await runWord('destroy', ['--stage', 'prod', '--yes'], { ...env, ...cdk.env });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^nedlia: nedlia-prod-data is protected from being destroyed: docs\/deploy\.md#destroying .+\n$/,
  );
  assert.deepEqual(cdk.calls(), []);
});

const common = ['--force', '--no-notices', '--context', 'stage=dev'];

test('while the running stack is still there nothing is emptied, and it is no success', async (t) => {
  const cdk = fakeCdk();
  const { env } = await fakeCloudFormation(t, () => aStage('Delete'));
  const { code, stdout, stderr } = await runWord('destroy', ['--yes'], { ...env, ...cdk.env });
  assert.equal(code, 1);
  assert.match(stderr, /^nedlia: nedlia-dev is still there \(CREATE_COMPLETE\): .+\n$/);
  assert.deepEqual(cdk.calls(), [['destroy', 'nedlia-dev', ...common]]);
  assert.doesNotMatch(stdout, /empt/);
});

test('a bucket that cannot be emptied ends it in one line, before the stack that holds it is tried', async (t) => {
  const cdk = fakeCdk();
  const { env } = await fakeCloudFormation(t, () => after(cdk.calls().length, 'Delete'));
  const { code, stderr } = await runWord('destroy', ['--yes'], { ...env, ...cdk.env });
  assert.equal(code, 1);
  assert.match(stderr, /^nedlia: [^\n]+\n$/, 'there is no S3 here');
  assert.deepEqual(cdk.calls(), [['destroy', 'nedlia-dev', ...common]]);
});

test('what runs goes first, and what holds data after it', async (t) => {
  const cdk = fakeCdk();
  const { env } = await fakeCloudFormation(t, () => after(cdk.calls().length));
  const { code, stderr } = await runWord('destroy', ['--yes'], { ...env, ...cdk.env });
  assert.deepEqual([code, stderr], [0, '']);
  assert.deepEqual(cdk.calls(), [
    ['destroy', 'nedlia-dev', ...common],
    ['destroy', '--all', ...common],
  ]);
});

test('a bucket that an earlier try has deleted is nobody’s any more, and is not touched', async (t) => {
  const cdk = fakeCdk();
  const resources: FakeStack['resources'] = {
    Files: { type: 'AWS::S3::Bucket', name: 'files-123', deletionPolicy: 'Delete', status: 'DELETE_COMPLETE' },
  };
  const { env } = await fakeCloudFormation(t, () =>
    cdk.calls().length > 0 ? {} : { 'nedlia-dev-data': { resources } },
  );
  const { code, stdout, stderr } = await runWord('destroy', ['--yes'], { ...env, ...cdk.env });
  assert.deepEqual([code, stderr], [0, '']);
  assert.doesNotMatch(stdout, /files-123/);
});

test('what stays on purpose is named, and nothing else', async (t) => {
  const cdk = fakeCdk();
  const { env } = await fakeCloudFormation(t, () => after(cdk.calls().length));
  const { code, stdout } = await runWord('destroy', ['--yes'], { ...env, ...cdk.env });
  assert.equal(code, 0);
  assert.match(stdout, /Stage dev is gone from eu-central-1\./);
  assert.match(stdout, /^ {2}S3::Bucket {2}files-123$/m);
  assert.match(stdout, /^ {2}a last snapshot of RDS::DBCluster {2}cluster-1$/m);
  assert.doesNotMatch(stdout, /nedlia-relay-dlq/);
  assert.match(stdout, /CDKToolkit .*\/aws\/apigateway\/welcome/, 'and what AWS and the CDK keep for the account');
});
