import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

/** sysexits.h: wrong usage. */
const EX_USAGE = 64;

const HELP = { help: { type: 'boolean', short: 'h', default: false } } as const;

/** What was typed behind a word. `--help` prints the help and ends with 0, what it does not know ends with 64 and the help. */
export function readOptions<O extends ParseArgsOptionsConfig>(options: O, help: string) {
  try {
    const { values } = parseArgs<{ options: O & typeof HELP }>({ options: { ...options, ...HELP } });
    if ((values as { help?: boolean }).help) {
      process.stdout.write(help);
      return process.exit(0);
    }
    return values;
  } catch (error) {
    process.stderr.write(`nedlia: ${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return process.exit(EX_USAGE);
  }
}
