import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { claim, Claimed } from '../../local/claim.ts';

test('a folder has one holder, until it lets go or is killed', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'claim-'));
  t.after(() => rm(directory, { recursive: true }));

  const release = await claim(directory);
  await assert.rejects(claim(directory), Claimed);
  await release();

  const module = path.resolve('local/claim.ts');
  const holder = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `const { claim } = await import(${JSON.stringify(module)}); await claim(${JSON.stringify(directory)}); console.log('held'); setInterval(() => {}, 1000);`,
  ]);
  await once(holder.stdout, 'data');
  await assert.rejects(claim(directory), Claimed);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await (
    await claim(directory)
  )();
});
