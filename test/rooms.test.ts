import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseTable, violations } from './support/rooms.ts';

const root = join(import.meta.dirname, '..');
const rooms = parseTable(readFileSync(join(root, 'docs/overview.md'), 'utf8'));
const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { include: string[] };
const files = include.flatMap((folder) => globSync(`${folder}/**/*.{ts,mts,cts}`, { cwd: root }));

test('the table names every room there is, and every room is type-checked', () => {
  const tops = new Set(rooms.map(({ name }) => name.split('/')[0] ?? ''));
  assert.deepEqual(tops, new Set(include));
  const sources = globSync('*/**/*.ts', { cwd: root, exclude: ['node_modules', 'dist', 'cdk.out'] });
  assert.deepEqual(
    sources.filter((path) => !tops.has(path.split('/')[0] ?? '')),
    [],
  );
});

test('every file imports only what its room may know', () => {
  assert.ok(files.length > 20);
  assert.deepEqual(
    files.flatMap((path) => violations(rooms, path, readFileSync(join(root, path), 'utf8'))),
    [],
  );
});

// The check itself, against files that would break the house.
const planted: [promise: string, path: string, source: string][] = [
  ['one function does not know another', 'lambdas/relay/a.ts', `import { x } from '../notifier/notify.ts';`],
  ['a type is an import too', 'lambdas/relay/a.ts', `import type { X } from '../notifier/notify.ts';`],
  ['a function does not know the API', 'lambdas/relay/a.ts', `export { x } from '../../api/app.ts';\nconst y = 1;`],
  ['core knows nobody', 'core/a.ts', `import { x } from '../events/catalogue.ts';`],
  ['core has no files', 'core/a.ts', `import { readFile } from 'node:fs/promises';`],
  ['events do not know the trace', 'events/a.ts', `import { span } from '../telemetry/span.ts';`],
  ['telemetry knows no rule of ours', 'telemetry/a.ts', `import { isId } from '../core/ids.ts';`],
  ['OpenTelemetry stays in its room', 'store/a.ts', `import type { Span } from '@opentelemetry/api';`],
  ['telemetry takes the SDK as types', 'telemetry/a.ts', `import { SQSClient } from '@aws-sdk/client-sqs';`],
  ['the SDK stays in its room', 'outbox/a.ts', `import { SQSClient } from '@aws-sdk/client-sqs';`],
  ['Fastify stays in its room', 'aws/a.ts', `import fastify from 'fastify';`],
  ['the stack takes no value of a function', 'lib/a.ts', `import { env } from '../lambdas/relay/env.ts';`],
  ['the stack takes no other type of a function', 'lib/a.ts', `import type { X } from '../lambdas/relay/relay.ts';`],
  ['the machine at hand is imported by nobody', 'aws/a.ts', `import { x } from '../local/postgres.ts';`],
  ['functions do not know the commands', 'api/a.ts', `import { start } from '../commands/start.ts';`],
  ['nobody needs the tests', 'commands/a.ts', `import { x } from '../test/support/spans.ts';`],
  ['an import over several lines counts', 'core/a.ts', `import {\n  x,\n  y,\n} from '../events/read.ts';`],
  ['an import for its effect counts', 'core/a.ts', `import '../store/database.ts';`],
  ['a dynamic import counts', 'core/a.ts', `const x = await import('../store/database.ts');`],
  ['an import inside a type counts', 'core/a.ts', `type X = import('../store/database.ts').Database;`],
  ['require counts', 'core/a.ts', `const x = createRequire(import.meta.url)\nrequire('../store/database.ts');`],
  ['a computed import cannot be checked', 'store/a.ts', 'await import(`../${where}.ts`);'],
  ['a folder is named by subject', 'store/utils/a.ts', `export const x = 1;`],
  [
    'a file that only re-exports is a barrel',
    'store/index.ts',
    `// all\nexport * from './a.ts';\nexport { b } from './b.ts';`,
  ],
  ['a new room needs its line in the table', 'stuff/a.ts', `export const x = 1;`],
];

for (const [promise, path, source] of planted) {
  test(promise, () => assert.equal(violations(rooms, path, source).length, 1));
}

const allowed: [promise: string, path: string, source: string][] = [
  ['a function imports its own files', 'lambdas/relay/a.ts', `import { relay } from './relay.ts';`],
  ['the stack takes the type of a contract', 'lib/a.ts', `import type { env } from '../lambdas/relay/env.ts';`],
  ['inline types are types', 'lib/a.ts', `import { type Contract, type Variables } from '../core/env.ts';`],
  ['telemetry may name types of what it wraps', 'telemetry/a.ts', `import type { FastifyInstance } from 'fastify';`],
  ['tests import everything', 'test/e2e/a.ts', `import { startLocalAws } from '../../local/aws/start.ts';`],
  [
    'a word in a comment is not an import',
    'core/a.ts',
    `// import { x } from '../store/database.ts'\nexport const x = 1;`,
  ],
];

for (const [promise, path, source] of allowed) {
  test(promise, () => assert.deepEqual(violations(rooms, path, source), []));
}
