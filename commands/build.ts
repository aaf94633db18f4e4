import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from '../lib/bundle.ts';

const HELP = `npm run build: builds every function into dist/<function>/index.cjs, each exporting "handler".

  --outdir <folder>   somewhere else than dist
  --help              this text
`;

await build().catch((error: Error) => {
  process.stderr.write(`nedlia: ${error.message}\n`);
  process.exitCode = 1;
});

async function build(): Promise<void> {
  const { values } = parseArgs({
    options: { outdir: { type: 'string', default: 'dist' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(HELP);

  const began = performance.now();
  const { functions } = await bundle({ outdir: values.outdir });
  for (const { file, bytes } of functions) {
    console.log(`${relative('.', file).padEnd(32)} ${Math.round(bytes / 1024)} KiB`);
  }
  console.log(`${functions.length} functions in ${Math.round(performance.now() - began)} ms`);
}
