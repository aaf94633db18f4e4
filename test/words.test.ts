import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { test } from 'node:test';
import packageJson from '../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..');
/** What each word of npm's hands to the test runner: the quoted globs. */
const globs = Object.values(packageJson.scripts).flatMap((script) =>
  [...script.matchAll(/'(test\/[^']+)'/g)].map(([, glob = '']) => glob),
);

test('every file with tests is run by a word, and the words of real peers run nothing that npm test does', () => {
  const files = globSync('test/**/*.{test,peer}.ts', { cwd: root });
  assert.ok(files.some((file) => file.endsWith('.peer.ts')));
  for (const file of files) {
    const by = globs.filter((glob) => matchesGlob(file, glob));
    assert.ok(by.length > 0, `${file} is run by no word`);
    assert.equal(by.includes('test/**/*.test.ts'), file.endsWith('.test.ts'), file);
  }
});
