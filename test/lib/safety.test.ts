import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stageOf, type StageName } from '../../lib/stages.ts';
import { at, templatesOf } from '../support/template.ts';

const names: StageName[] = ['local', 'dev', 'prod'];
const all = new Map(names.map((stage) => [stage, templatesOf(stage)]));

for (const [stage, { data, running, stacks, resources, say }] of all) {
  const queues = resources('AWS::SQS::Queue');

  test(`in stage ${stage} messages, files, rows and secrets lie encrypted`, () => {
    for (const { properties } of queues) assert.equal(properties['SqsManagedSseEnabled'], true);
    for (const { properties } of resources('AWS::S3::Bucket')) {
      const rule = at(properties, 'BucketEncryption', 'ServerSideEncryptionConfiguration', 0);
      assert.equal(at(rule, 'ServerSideEncryptionByDefault', 'SSEAlgorithm'), 'AES256');
    }
    for (const { properties } of resources('AWS::RDS::DBCluster')) assert.equal(properties['StorageEncrypted'], true);
  });

  test(`in stage ${stage} queues, bucket and topic answer to TLS alone`, () => {
    const policies = ['AWS::SQS::QueuePolicy', 'AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy'].flatMap(resources);
    const guarded = policies
      .filter(({ properties }) =>
        (at(properties, 'PolicyDocument', 'Statement') as unknown[]).some(
          (statement) =>
            at(statement, 'Effect') === 'Deny' && at(statement, 'Condition', 'Bool', 'aws:SecureTransport') === 'false',
        ),
      )
      .flatMap(({ properties }) => [properties['Queues'], properties['Bucket'], properties['Topics']].flat())
      .filter(Boolean)
      .map(say);
    const things = ['AWS::SQS::Queue', 'AWS::S3::Bucket', 'AWS::SNS::Topic'].flatMap(resources);
    assert.deepEqual(guarded.sort(), things.map(({ id }) => say({ Ref: id })).sort());
  });

  test(`in stage ${stage} no bucket is public, and files are versioned`, () => {
    for (const { properties } of resources('AWS::S3::Bucket')) {
      assert.deepEqual(properties['PublicAccessBlockConfiguration'], {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      assert.equal(at(properties, 'VersioningConfiguration', 'Status'), 'Enabled');
    }
  });

  test(`in stage ${stage} what holds data ${stageOf(stage).keepsData ? 'outlives' : 'goes with'} its stack`, () => {
    const { keepsData, logDays } = stageOf(stage);
    const kept = ['AWS::S3::Bucket', 'AWS::SecretsManager::Secret'].flatMap(resources);
    const dead = queues.filter(({ properties }) => String(properties['QueueName']).endsWith('-dlq'));
    for (const { id, deletionPolicy } of [...kept, ...dead]) {
      assert.equal(deletionPolicy, keepsData ? 'Retain' : 'Delete', id);
    }
    for (const { deletionPolicy, properties } of resources('AWS::RDS::DBCluster')) {
      assert.equal(deletionPolicy, keepsData ? 'Snapshot' : 'Delete');
      assert.equal(properties['DeletionProtection'] ?? false, keepsData);
      assert.equal(properties['BackupRetentionPeriod'], stageOf(stage).aurora?.backupDays);
    }
    assert.equal(stacks.data.terminationProtection ?? false, keepsData);
    assert.equal(stacks.running.terminationProtection ?? false, keepsData);
    for (const { id, properties, deletionPolicy } of resources('AWS::Logs::LogGroup')) {
      assert.deepEqual([properties['RetentionInDays'], deletionPolicy], [logDays, 'Delete'], id);
    }
  });

  test(`in stage ${stage} everything that holds data is in the data stack, and it needs nothing of the other`, () => {
    const types = (template: typeof data) =>
      new Set(Object.values(at(template.toJSON(), 'Resources') as object).map((one) => String(at(one, 'Type'))));
    for (const type of ['AWS::S3::Bucket', 'AWS::SecretsManager::Secret', 'AWS::RDS::DBCluster', 'AWS::EC2::VPC']) {
      assert.ok(!types(running).has(type), type);
    }
    assert.ok(!JSON.stringify(data.toJSON()).includes('Fn::ImportValue'));
  });

  test(`in stage ${stage} everything that can be tagged says project, stage and version`, () => {
    for (const { properties } of [...queues, ...resources('AWS::Lambda::Function'), ...resources('AWS::S3::Bucket')]) {
      const tags = (properties['Tags'] as { Key: string; Value: string }[]).map(({ Key, Value }) => `${Key}=${Value}`);
      assert.ok(tags.includes('service.namespace=nedlia') && tags.includes(`stage=${stage}`), tags.join(' '));
      assert.match(tags.join(' '), /version=\d+\.\d+\.\d+/);
    }
  });
}
