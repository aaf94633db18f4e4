import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { entries } from '../../lib/entries.ts';
import { buildAs } from '../../bench/build.ts';
import { aFolder } from '../support/folder.ts';

const carriesIt = async (file: string | undefined): Promise<boolean> =>
  (await readFile(file ?? '', 'utf8')).includes('// node_modules/@opentelemetry/');

test('every function can be built without telemetry, and nothing of OpenTelemetry is left in it', async () => {
  const outdir = aFolder();
  const [without, ours] = await Promise.all([
    buildAs('without', entries, { outdir, readable: true }),
    buildAs('ours', entries, { outdir, readable: true }),
  ]);
  for (const name of Object.keys(entries)) {
    assert.equal(await carriesIt(without[name]), false, name);
    assert.equal(await carriesIt(ours[name]), true, name);
  }
});
