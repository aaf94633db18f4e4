import { readdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';
import { synthesise } from './synthesise.ts';

const help = `npm run synth: writes the CloudFormation templates into cdk.out/, offline and without credentials.

  --stage <stage>     which stage (local)
  --outdir <folder>   somewhere else than cdk.out
  --no-validate       skip the check of the template against CloudFormation's rules (saves seconds)
  --help              this text
`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    stage: { type: 'string', default: 'local' },
    outdir: { type: 'string', default: 'cdk.out' },
    validate: { type: 'boolean', default: true },
    help: { type: 'boolean' },
  },
});

if (values.help) {
  process.stdout.write(help);
} else {
  console.log('building the functions …');
  await bundle();
  console.log(`synthesising stage ${values.stage} …`);
  try {
    await synthesise(values);
    for (const file of await readdir(values.outdir)) {
      if (file.endsWith('.template.json')) console.log(`${values.outdir}/${file}`);
    }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
