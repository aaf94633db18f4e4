import { readdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { bundle } from '../lib/bundle.ts';
import { readSettings } from '../lib/deployable.ts';
import { synthesise } from '../lib/synthesise.ts';

const HELP = `npm run synth: writes the CloudFormation templates into cdk.out/, offline and without credentials.

  --stage <stage>     which stage: local, dev or prod (all of them)
  -c, --context <key=value>  a setting, as for npm run deploy, as often as needed
  --outdir <folder>   somewhere else than cdk.out
  --no-validate       skip the check of the template against CloudFormation's rules (saves seconds)
  --help              this text
`;

await synth().catch((error: Error) => {
  process.stderr.write(`nedlia: ${error.message}\n`);
  process.exitCode = 1;
});

async function synth(): Promise<void> {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      stage: { type: 'string', default: 'all' },
      context: { type: 'string', short: 'c', multiple: true, default: [] },
      outdir: { type: 'string', default: 'cdk.out' },
      validate: { type: 'boolean', default: true },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);

  const choices = readSettings(values.context);

  console.log('building the functions …');
  await bundle();
  console.log(values.stage === 'all' ? 'synthesising every stage …' : `synthesising stage ${values.stage} …`);
  const { stage, outdir, validate } = values;
  await synthesise({ stage, outdir, validate, choices });
  for (const file of await readdir(values.outdir)) {
    if (file.endsWith('.template.json')) console.log(`${values.outdir}/${file}`);
  }
}
