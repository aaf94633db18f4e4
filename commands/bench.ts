import { availableParallelism, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeProfiles } from '../bench/profiles.ts';
import { report } from '../bench/report.ts';
import { QUICK, runBench, WHOLE } from '../bench/run.ts';
import { judge, noise, type Section } from '../bench/section.ts';
import { PARTS, type Part } from '../bench/setting.ts';

const HELP = `npm run bench: what tracing costs, against the same code without it and against the stock SDK, interleaved in one run.

  --only <part>   ${PARTS.join(', ')}; may be given several times
  --quick         about a minute instead of three: for a look
  --json          the figures as JSON on standard output
  --profile       instead: CPU profiles of our variant, and which functions of telemetry take the time
  --help          this text

Ratios are of rounds that lie side by side, medians of all rounds. "without, again" is the base against itself: where it
is not 1 the machine is too busy for the rest to mean anything, and a warning says so.
`;

await main().catch((error: Error) => {
  process.stderr.write(`nedlia: ${error.message}\n`);
  process.exitCode = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS') ? 64 : 1;
});

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const wrong = values.only?.find((part) => !PARTS.includes(part as Part));
  if (wrong)
    throw Object.assign(new Error(`--only takes ${PARTS.join(', ')}, not ${wrong}`), { code: 'ERR_PARSE_ARGS' });

  const folder = resolve('.nedlia/bench');
  if (values.profile) {
    return void process.stdout.write(await writeProfiles({ folder, milliseconds: values.quick ? 500 : 3000 }));
  }
  const parts = (values.only as Part[] | undefined) ?? PARTS;
  const sections = await runBench(parts, values.quick ? QUICK : WHOLE, { folder, tell });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (values.json) process.stdout.write(`${JSON.stringify(asJson(sections), null, 2)}\n`);
  else for (const section of sections) process.stdout.write(`${report(section)}\n`);
}

/** On a terminal one line that changes; elsewhere nothing, so that logs and pipes hold figures alone. */
function tell(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}

function asJson(sections: Section[]): object {
  return {
    machine: { node: process.version, platform: process.platform, cores: availableParallelism(), load: loadavg()[0] },
    sections: sections.map((section) => ({ ...section, verdicts: judge(section), warning: noise(section) })),
  };
}
