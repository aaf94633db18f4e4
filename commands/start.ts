import path from 'node:path';
import type { FirstPlacement } from '../local/first-placement.ts';
import type { Pipeline } from '../local/pipeline.ts';
import type { Shown } from '../local/show.ts';
import { readOptions } from './options.ts';
import { untilStopped } from './until-stopped.ts';

const HELP = `npm start [-- options]

Runs the whole pipeline on this machine: PostgreSQL, AWS on loopback, three consumers and the relay from their built
bundles, a webhook receiver and the API. Sends one placement through it and prints its trace, then stays up until Ctrl-C.

  --once    stop after the first trace; exit code 1 when a hop is missing, or a message (a webhook) failed and no retry has
            mended it yet: in --json they are "missing" and "failures"
  --logs    show every log line of the functions and the API, not only warnings and errors
  --fresh   forget the data of earlier runs first (a database of your own is left alone)
  --json    print one JSON object instead of text; progress goes to standard error ("npm -s start" keeps npm itself quiet)
  --help    this text

Environment
  PORT, HOST                     where the API listens (3000, or the next free port; 127.0.0.1)
  DATABASE_URL                   a PostgreSQL of your own instead of the one started here
  WEBHOOK_URL, WEBHOOK_SECRETS   a webhook target of your own instead of the receiver started here
  OTEL_TRACES_EXPORTER           backends that get every trace as well, with their own variables: otlp, jaeger, zipkin, …
  OTEL_EXPORTER_OTLP_ENDPOINT    where otlp goes; alone it is enough (docs/telemetry.md)
  NEDLIA_DIRECTORY               where data, bundles and template are kept over restarts (.nedlia)
  NO_COLOR                       no colour on a terminal
`;

const DIRECTORY = process.env['NEDLIA_DIRECTORY'] || '.nedlia';
/** Ctrl-C ends the process within five seconds, whatever hangs. */
const STOP_WITHIN_MS = 4000;

const options = readOptions(
  {
    once: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    logs: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
  HELP,
);
const say = (text: string) => (options.json ? process.stderr : process.stdout).write(`${text}\n`);
const word = untilStopped({
  withinMs: STOP_WITHIN_MS,
  interrupted: () => 0,
  say,
  sentOn: (forwarding) => show.sentOn(forwarding),
});

// Loaded now and not above, so that Ctrl-C is heard during the half second that loading takes.
const { failuresAsText, failuresOf } = await import('../local/failures.ts');
const { sendFirstPlacement } = await import('../local/first-placement.ts');
const { startPipeline } = await import('../local/pipeline.ts');
const { sentOnAsJson } = await import('../local/sent-on.ts');
const { misspelt } = await import('../local/misspelt.ts');
const { shower, wantsColour } = await import('../local/show.ts');

const show = shower(wantsColour(process.stdout, process.env));
const began = performance.now();
const tell = (step: string, detail: string) => say(show.step((performance.now() - began) / 1000, step, detail));

await word.run(async () => {
  for (const line of misspelt(process.env)) tell('environment', line);
  const running = await startPipeline({
    directory: DIRECTORY,
    fresh: options.fresh,
    env: process.env,
    tell,
    signal: word.signal,
    // The reference page's own files would drown the requests a person looks for.
    onRequest: (request) => void (request.route?.startsWith('/docs') || say(show.request(request))),
    onFunctionLine: (name, line) => {
      const text = show.functionLine(name, line, options.logs);
      if (text) say(text);
    },
  });
  word.started(running);
  const first = await sendFirstPlacement(running, word.signal);
  await word.flush();
  const about = shown(running, first.traceId);
  if (options.json) process.stdout.write(`${JSON.stringify(asJson(first, running))}\n`);
  else {
    say(show.result(first, about));
    if (!options.once) say(show.tryIt(first, about));
  }
  if (!options.once) word.saySentOn();

  const complete = first.missing.length === 0;
  if (options.json && !complete) say(`missing: ${first.missing.join('; ')}`);
  const failures = failuresOf(first.spans);
  if (options.json) for (const line of failuresAsText(failures, about.awsUrl)) say(line);
  if (options.once) return complete && failures.length === 0 ? 0 : 1;
  say('\nUp. Every request is a line below; Ctrl-C stops.');
  return undefined;
});

function shown({ apiUrl, receiver, aws, collector, databaseUrl }: Pipeline, traceId: string): Shown {
  const { host, pathname } = new URL(databaseUrl);
  return {
    apiUrl,
    awsUrl: options.once ? undefined : aws.endpoint,
    receiver,
    objects: path.join(DIRECTORY, 'objects'),
    hints: [
      `curl -s ${collector.endpoint}/traces/${traceId}   # its tree; that of any request below by its trace id`,
      `open ${apiUrl}/docs   # the API reference`,
      '# a second API on the same database and AWS:',
      `PORT=3001 AWS_ENDPOINT_URL=${aws.endpoint} OTEL_EXPORTER_OTLP_ENDPOINT=${collector.endpoint} \\`,
      `  DATABASE_URL="postgres://nedlia:$(cat ${DIRECTORY}/postgres/password)@${host}${pathname}" npm run api`,
    ],
  };
}

function asJson(first: FirstPlacement, { apiUrl, aws, receiver, forwarding }: Pipeline) {
  const { missing, tookMs, ...rest } = first;
  return {
    complete: missing.length === 0,
    missing,
    failures: failuresOf(rest.spans),
    took_ms: Math.round(tookMs),
    trace_id: rest.traceId,
    api: apiUrl,
    aws: aws.endpoint,
    receiver: receiver?.url,
    placement: rest.placement,
    file: rest.file,
    webhooks: rest.webhooks,
    sent_on: forwarding && sentOnAsJson(forwarding),
    spans: rest.spans,
  };
}
