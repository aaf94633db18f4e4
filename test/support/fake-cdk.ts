import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { aFolder } from './folder.ts';

/**
 * A `cdk` on the PATH that keeps what it is called with, writes the outputs it is given where it is told to, and ends with
 * `code`.
 */
export function fakeCdk(about: { outputs?: Record<string, Record<string, string>>; code?: number } = {}): {
  env: { PATH: string };
  calls: () => string[][];
} {
  const folder = aFolder();
  const log = join(folder, 'calls.jsonl');
  const program = `#!${process.execPath}
const { appendFileSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync(${JSON.stringify(log)}, JSON.stringify(args) + '\\n');
const file = args[args.indexOf('--outputs-file') + 1];
if (args.includes('--outputs-file')) writeFileSync(file, ${JSON.stringify(JSON.stringify(about.outputs ?? {}))});
console.log('cdk is at work');
process.exit(${about.code ?? 0});
`;
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}');
  writeFileSync(join(folder, 'cdk'), program);
  chmodSync(join(folder, 'cdk'), 0o755);
  return {
    env: { PATH: `${folder}${delimiter}${process.env['PATH']}` },
    calls: () =>
      existsSync(log)
        ? readFileSync(log, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as string[])
        : [],
  };
}
