import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { aFolder } from '../support/folder.ts';

const root = join(import.meta.dirname, '../..');

/** An app of one bucket, ended as bin/app.ts ends: with the message of what was thrown. */
const program = (acknowledged: boolean) => `
  import { App, Stack } from 'aws-cdk-lib';
  import { BlockPublicAccess, Bucket } from 'aws-cdk-lib/aws-s3';
  import { acknowledge } from './lib/acknowledged.ts';
  import { synthValidated } from './lib/validated.ts';
  const app = new App({ analyticsReporting: false, outdir: ${JSON.stringify(aFolder())} });
  const bucket = new Bucket(new Stack(app, 'a-stack'), 'Files', { enforceSSL: true, blockPublicAccess: BlockPublicAccess.BLOCK_ALL });
  if (${acknowledged}) acknowledge(bucket, 'AwsSolutions-S1');
  try { synthValidated(app); } catch (error) { console.error(error.message); process.exitCode = 1; }
`;
const run = (acknowledged: boolean) =>
  spawnSync(process.execPath, ['--input-type=module', '--eval', program(acknowledged)], {
    cwd: root,
    encoding: 'utf8',
  });

test('a finding of cdk-nag stops the synthesis, and ends in what was found and what to do, without a stack trace', () => {
  const { status, stderr } = run(false);
  assert.equal(status, 1, stderr);
  const lines = stderr.trim().split('\n');
  assert.match(lines.at(-1) ?? '', /^The findings above: mend them, or acknowledge them with a reason/);
  assert.match(lines.slice(-6).join('\n'), /server access logs disabled[^]*AwsSolutions-S1/);
  assert.doesNotMatch(stderr, /node:internal|^ {4}at /m);
});

test('what is acknowledged with its reason stops nothing', () => {
  const { status, stderr } = run(true);
  assert.deepEqual([status, stderr], [0, '']);
});
