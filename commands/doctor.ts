import { parseArgs } from 'node:util';
import { env as apiEnv } from '../api/env.ts';
import { bundle } from '../lib/bundle.ts';
import { checkBundles } from '../local/bundle-check/run.ts';
import { wantsColour } from '../local/show.ts';
import { checkBackends } from '../telemetry/doctor/backend.ts';
import { checkClock, watchClocks } from '../telemetry/doctor/clock.ts';
import { checkPropagation } from '../telemetry/doctor/propagation.ts';
import { readEffectiveSettings } from '../telemetry/doctor/settings.ts';
import { serverExporters } from '../telemetry/export/server-exporters.ts';
import { configureLog } from '../telemetry/log.ts';
import { progress } from './doctor/progress.ts';
import { toJson, wrongs, type Report } from './doctor/report.ts';
import { doctorShower } from './doctor/show.ts';

const HELP = `npm run doctor [-- options]

Says why no trace appears: the settings as they count and who said them, a test span to each backend, a context through
each carrier and back, every built handler run with a placement of its own, the clock. It reads the environment it is run
in, so run it with that of the program in question.

  --no-bundles         leave the built handlers out (they take some seconds)
  --dist <folder>      where they are, looked at as they are (dist, which is built first)
  --timeout <seconds>  how long a backend may take (5)
  --all                list every variable that is at its default, not only those that decide where traces go
  --json               print one JSON object instead of text; progress goes to standard error ("npm -s run" keeps npm quiet)
  --help               this text

Environment: docs/telemetry.md; NO_COLOR for no colour on a terminal.
Exit codes: 0 all fine · 1 something is wrong · 64 called wrongly
`;

const EX_USAGE = 64;
const DIST = 'dist';

const options = readOptions();
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
// What a reader of settings would log is in the report.
configureLog({ write: () => undefined });
const show = doctorShower(wantsColour(process.stdout, process.env));
const under = progress(process.stderr, { quiet: !options.json && !process.stderr.isTTY });
const say = (text: string): void => {
  under.clear();
  if (!options.json) process.stdout.write(`${text}\n`);
};

await examine().catch((error: Error) => {
  under.clear();
  if (!stopping.signal.aborted) process.stderr.write(`nedlia: ${error.message}\n`);
  process.exitCode = stopping.signal.aborted ? 130 : 1;
});
// An exporter that was given up may still be waiting for its next attempt.
process.exit();

async function examine(): Promise<void> {
  const began = performance.now();
  const jumped = watchClocks();
  const settings = readEffectiveSettings({
    env: process.env,
    elsewhere: Object.keys(apiEnv.entries),
    factories: serverExporters,
    service: 'nedlia-doctor',
    timeoutMillis: options.timeoutMillis,
  });
  say(show.settings(settings));

  under.step(`a span to ${settings.exporters.map(({ name }) => name).join(', ') || 'nobody'}`);
  const backends = settings.enabled ? await checkBackends(settings) : [];
  say(show.backends(backends, settings));

  const propagators = settings.variables.find(({ name }) => name === 'OTEL_PROPAGATORS')?.value?.split(',') ?? [];
  const propagation = checkPropagation(propagators);
  say(show.propagation(propagation));

  const bundles = options.bundles ? await examineBundles() : undefined;
  say(show.bundles(bundles, options.dist));
  const clock = checkClock(backends, jumped());
  say(show.clock(clock));

  const report: Report = {
    settings,
    backends,
    propagation,
    bundles,
    clock,
    tookMs: Math.round(performance.now() - began),
  };
  say(show.defaults(settings, options.all));
  say(show.summary(report));
  if (options.json) process.stdout.write(`${JSON.stringify(toJson(report))}\n`);
  process.exitCode = wrongs(report).length > 0 ? 1 : 0;
}

async function examineBundles() {
  const { dist } = options;
  // An old bundle would be judged for the code of today; what somebody named is looked at as it is.
  if (dist === DIST) {
    under.step('building the bundles');
    await bundle();
  }
  return checkBundles({ dist, tell: (step) => under.step(`bundles: ${step}`), signal: stopping.signal });
}

function readOptions() {
  try {
    const { values } = parseArgs({
      allowNegative: true,
      options: {
        bundles: { type: 'boolean', default: true },
        dist: { type: 'string', default: DIST },
        timeout: { type: 'string', default: '5' },
        all: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      return process.exit(0);
    }
    const timeoutMillis = Number(values.timeout) * 1000;
    if (!(timeoutMillis >= 100 && timeoutMillis <= 60_000))
      throw new Error('--timeout must be a number of seconds from 0.1 to 60');
    return { bundles: values.bundles, dist: values.dist, all: values.all, json: values.json, timeoutMillis };
  } catch (error) {
    process.stderr.write(`nedlia: ${(error as Error).message}\n\n${HELP}`);
    return process.exit(EX_USAGE);
  }
}
