import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { entries } from '../../lib/entries.ts';
import { synthesise } from '../../lib/synthesise.ts';
import { aFolder } from '../support/folder.ts';
import { at, emptyBundles } from '../support/template.ts';

test('the template of a stage stands at the top of the assembly and names the folder of every function', async () => {
  const outdir = aFolder();
  await synthesise({ outdir, stage: 'local', validate: false, bundles: emptyBundles() });
  const template: unknown = JSON.parse(readFileSync(join(outdir, 'nedlia-local.template.json'), 'utf8'));
  const functions = Object.values(at(template, 'Resources') as object).filter(
    (resource) => at(resource, 'Type') === 'AWS::Lambda::Function',
  );
  // Without the receiver, which this stage does not have, and with CDK's own for the migrations.
  assert.equal(functions.length, Object.keys(entries).length);
  for (const found of functions) {
    const ours = at(found, 'Properties', 'FunctionName') !== undefined;
    const file = ours ? 'index.cjs' : 'framework.js';
    assert.ok(existsSync(join(outdir, String(at(found, 'Metadata', 'aws:asset:path')), file)));
  }
});

test('every stage is synthesised at once, offline, with nothing to be said against it', async () => {
  const outdir = aFolder();
  await synthesise({ outdir, stage: 'all', validate: false, bundles: emptyBundles() });
  const templates = readdirSync(outdir).filter((file) => file.endsWith('.template.json'));
  assert.deepEqual(
    templates.sort(),
    ['local', 'dev', 'prod']
      .flatMap((stage) => [`nedlia-${stage}-data.template.json`, `nedlia-${stage}.template.json`])
      .sort(),
  );
});

test('an unknown stage is one line that names the ones there are', async () => {
  await assert.rejects(
    synthesise({ outdir: aFolder(), stage: 'production', validate: false, bundles: emptyBundles() }),
    ({ message }: Error) => /^there is no stage "production"; there is: local, dev, prod$/.test(message),
  );
});

test('a missing bundle says what to run', async () => {
  await assert.rejects(
    synthesise({ outdir: aFolder(), stage: 'local', validate: false, bundles: aFolder() }),
    /no bundle in .*npm run build/,
  );
});

test('a folder that is not an assembly is not replaced', async () => {
  const outdir = aFolder();
  writeFileSync(join(outdir, 'thesis.txt'), '');
  await assert.rejects(synthesise({ outdir, stage: 'local', validate: false }), /not a cloud assembly/);
  assert.ok(existsSync(join(outdir, 'thesis.txt')));
});
