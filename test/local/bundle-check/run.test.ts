import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { entries } from '../../../lib/entries.ts';
import { checkBundles } from '../../../local/bundle-check/run.ts';
import { altered } from '../../support/altered-bundles.ts';
import { builtBundles } from '../../support/built.ts';
import { freshDatabase } from '../../support/database.ts';

const built = await builtBundles();

async function check(t: TestContext, dist: string) {
  const signal = new AbortController().signal;
  const checks = await checkBundles({ dist, tell: () => {}, signal, databaseUrl: (await freshDatabase(t)).url });
  const failed = checks.filter(({ state }) => state !== 'ok');
  return { checks, failed, of: (name: string) => checks.find(({ bundle }) => bundle === name) ?? assert.fail(name) };
}

test('the bundles as they are built carry their context, and their calls are spans', async (t) => {
  const { checks, failed, of } = await check(t, built);
  assert.deepEqual(failed, []);
  assert.deepEqual(
    checks.map(({ bundle }) => bundle).toSorted(),
    Object.keys(entries).toSorted(),
    'every function there is',
  );
  assert.match(of('api').seen.join(), /placement\.created carries its span.*message to nedlia-file-generator carries/);
  assert.match(of('file-generator').seen.join(), /S3\.PutObject is a span/);
  assert.match(of('notifier').seen.join(), /webhook carries its span/);
});

test('a handler bundled without context is named, a client of AWS that is not traced by the call it made, and no other', async (t) => {
  const contextless = altered(
    built,
    'validator',
    'function carryInEntry(',
    'function carryInEntry(detail) { return { detail, traceHeader: void 0 } }\nfunction unused(',
  );
  const dist = altered(
    contextless,
    'file-generator',
    'function traceAwsClient(',
    'function traceAwsClient(client) { return client }\nfunction unused(',
  );
  const { failed, of } = await check(t, dist);
  assert.deepEqual(failed.map(({ bundle }) => bundle).toSorted(), ['file-generator', 'validator']);
  const { cause, remedy = '' } = of('validator').diagnosis ?? {};
  assert.equal(
    cause,
    'event placement.validated went out without a context: it was bundled without the code that writes it',
  );
  assert.match(remedy, /aws\/bus\.ts.*npm run build/);
  assert.equal(of('file-generator').diagnosis?.cause, 'S3.PutObject was called 2 times, and no span says so');
});

test('a handler that exports nothing is named', async (t) => {
  const dist = altered(
    built,
    'notifier',
    'function createQueues(',
    'function createQueues() { return [] }\nfunction unused(',
  );
  const { of } = await check(t, dist);
  assert.match(of('notifier').diagnosis?.cause ?? '', /^no span of nedlia-notifier arrived/);
});

test('a handler that does not load is named with its own words; the others are not looked at', async (t) => {
  const dist = altered(
    built,
    'relay',
    '"use strict";var __create',
    '"use strict";throw new Error("cannot find pg");var __create',
  );
  const { of } = await check(t, dist);
  assert.deepEqual(
    [of('relay').state, of('relay').diagnosis?.cause],
    ['failed', 'nedlia-relay could not start: cannot find pg'],
  );
  assert.deepEqual([of('api').state, of('api').diagnosis?.remedy], ['skipped', 'mend relay first']);
});

test('a bundle that is not there is named, and nothing is run', async (t) => {
  const dist = altered(built, 'relay', '"use strict";var __create', '"use strict";var __create');
  rmSync(join(dist, 'relay'), { recursive: true });
  const { of } = await check(t, dist);
  assert.match(of('relay').diagnosis?.cause ?? '', /^there is no .*relay\/index\.cjs$/);
  assert.match(of('relay').diagnosis?.remedy ?? '', /^run "npm run build -- --outdir /);
  assert.equal(of('validator').state, 'skipped');
});
