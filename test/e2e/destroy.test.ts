import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { CloudFormationClient, CreateStackCommand, waitUntilStackCreateComplete } from '@aws-sdk/client-cloudformation';
import {
  DeleteObjectCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { emptyBucket } from '../../aws/empty-bucket.ts';
import { findStack } from '../../aws/stacks.ts';
import { findLocalStack } from '../../local/localstack/localstack.ts';
import { stacksOf } from '../../local/localstack/stacks.ts';
import { where } from '../support/place.ts';
import { runWord } from '../support/word.ts';

/** A region nobody else uses: stage dev cannot be deployed to LocalStack, which has no Aurora, but its stacks can have a stand-in. */
const AWS_REGION = 'eu-north-1';
const root = path.join(import.meta.dirname, '../..');

/** The two stacks as CloudFormation knows them: what runs, and what holds data in a versioned bucket. */
async function aStage(t: TestContext, DeletionPolicy: 'Delete' | 'Retain') {
  const localstack = await findLocalStack({ ...process.env, AWS_REGION });
  const { endpoint, region, credentials } = localstack;
  const aws = new CloudFormationClient({ endpoint, region, credentials });
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const Bucket = `nedlia-files-${Date.now()}`;
  const home = await mkdtemp(path.join(tmpdir(), 'nedlia-destroy-')); // the CDK keeps account ids per access key
  const remove = (name: string) => stacksOf(localstack).remove(name);
  const create = async (StackName: string, Resources: object) => {
    await aws.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify({ Resources }) }));
    await waitUntilStackCreateComplete({ client: aws, maxWaitTime: 60, minDelay: 1 }, { StackName });
  };
  const Files = { Type: 'AWS::S3::Bucket', DeletionPolicy };
  await create('nedlia-dev-data', {
    Files: { ...Files, Properties: { BucketName: Bucket, VersioningConfiguration: { Status: 'Enabled' } } },
  });
  await create('nedlia-dev', { Queue: { Type: 'AWS::SQS::Queue' } });
  t.after(async () => {
    await emptyBucket(s3, Bucket);
    for (const name of ['nedlia-dev', 'nedlia-dev-data']) await remove(name);
    aws.destroy();
    s3.destroy();
    await rm(home, { recursive: true, force: true });
  });
  const env = {
    ...localstack.environment,
    CDK_HOME: home,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env['PATH']}`,
  };
  return { aws, s3, Bucket, env, remove };
}

/** More than one page of what S3 lists and deletes at a time. */
async function fill(s3: S3Client, Bucket: string): Promise<number> {
  const keys = Array.from({ length: 500 }, (_, index) => `placements/${index}`);
  for (const Body of ['first', 'second']) {
    for (let from = 0; from < keys.length; from += 25) {
      const some = keys.slice(from, from + 25);
      await Promise.all(some.map((Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body }))));
    }
  }
  for (const Key of keys.slice(0, 10)) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  return 2 * keys.length + 10;
}

where('deployments')(
  'npm run destroy removes a stage whose bucket holds versions and delete markers, also where another one ended half-way',
  async (t) => {
    const { aws, s3, Bucket, env, remove } = await aStage(t, 'Delete');
    const versions = await fill(s3, Bucket);
    await remove('nedlia-dev'); // as far as a destroy came that failed later

    const { code, stdout, stderr } = await runWord('destroy', ['--yes'], env);
    assert.equal(code, 0, stderr);
    assert.ok(stdout.includes(`emptied ${Bucket}: ${versions} versions deleted\n`), stdout);
    assert.match(stdout, /Stage dev is gone from eu-north-1\.\nNothing of it is left\./);
    assert.equal(await findStack(aws, 'nedlia-dev-data'), undefined);
    await assert.rejects(s3.send(new HeadBucketCommand({ Bucket })), /NotFound|404|Unknown/);
  },
);

where('deployments')('npm run destroy leaves a bucket that is to stay as it is, and names it', async (t) => {
  const { aws, s3, Bucket, env } = await aStage(t, 'Retain');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'placements/1', Body: 'kept' }));
  const { code, stdout, stderr } = await runWord('destroy', ['--yes'], env);
  assert.equal(code, 0, stderr);
  assert.ok(stdout.includes(`S3::Bucket  ${Bucket}\n`), stdout);
  for (const name of ['nedlia-dev', 'nedlia-dev-data']) assert.equal(await findStack(aws, name), undefined);
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  assert.deepEqual(
    Versions.map(({ Key }) => Key),
    ['placements/1'],
  );
});
