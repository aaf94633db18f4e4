import type { FirstPlacement } from '../local/first-placement.ts';
import type { Progress } from '../local/localstack/cdk.ts';
import type { Running } from '../local/localstack/start.ts';
import type { Shown } from '../local/show.ts';
import { readOptions } from './options.ts';
import { untilStopped } from './until-stopped.ts';

const HELP = `npm run localstack [-- options]

Deploys stage "local" to LocalStack (bootstrapping it if needed), sends one placement through the deployed API and prints
its trace. What stands already is updated in place. PostgreSQL, collector and webhook receiver are those of
docker-compose.localstack.yml when it runs; otherwise they run in this process, which then stays up until Ctrl-C.

  --once      end after the first trace; exit code 1 when a hop is missing, or a message failed and nothing has mended it
  --destroy   remove everything this deployed
  --json      print one JSON object instead of text (progress goes to standard error)
  --help      this text

Environment
  AWS_ENDPOINT_URL                LocalStack, on this machine (http://127.0.0.1:4566)
  AWS_REGION                      eu-central-1
  DATABASE_URL                    a PostgreSQL of your own
  NEDLIA_FUNCTIONS_DATABASE_URL   the same as the functions reach it, where that is another way
  NEDLIA_PEERS_URL                the service "peers" of the compose file (http://127.0.0.1:4330)
  OTEL_TRACES_EXPORTER            a backend that gets every trace as well, with its own variables (without the compose file): docs/telemetry.md
  NEDLIA_DIRECTORY                where data, bundles and template are kept (.nedlia)
`;

const DIRECTORY = process.env['NEDLIA_DIRECTORY'] || '.nedlia';
/** Ctrl-C ends the process within five seconds, whatever hangs. */
const STOP_WITHIN_MS = 4500;
/** A line of progress at most this often. */
const PROGRESS_MS = 3000;

/** Whether everything was done, and this only stays for what runs in this process. */
let up = false;

const options = readOptions(
  {
    once: { type: 'boolean', default: false },
    destroy: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
  HELP,
);
const say = (text: string) => (options.json ? process.stderr : process.stdout).write(`${text}\n`);
const word = untilStopped({
  withinMs: STOP_WITHIN_MS,
  interrupted: () => (up ? 0 : 130),
  say,
  sentOn: (forwarding) => show.sentOn(forwarding),
});

const { failuresAsText, failuresOf } = await import('../local/failures.ts');
const { sendFirstPlacement } = await import('../local/first-placement.ts');
const { destroy } = await import('../local/localstack/destroy.ts');
const { findLocalStack } = await import('../local/localstack/localstack.ts');
const { startOnLocalStack } = await import('../local/localstack/start.ts');
const { sentOnAsJson } = await import('../local/sent-on.ts');
const { shower, wantsColour } = await import('../local/show.ts');

const show = shower(wantsColour(process.stdout, process.env));
const began = performance.now();
const tell = (step: string, detail: string) => say(show.step((performance.now() - began) / 1000, step, detail));

await word.run(options.destroy ? removeAll : run);

async function run(): Promise<number | undefined> {
  const running = await startOnLocalStack({
    directory: DIRECTORY,
    env: process.env,
    tell,
    onProgress: now(),
    signal: word.signal,
  });
  const { localstack, peers, apiUrl } = running;
  word.started({ forwarding: peers.forwarding, stop: () => running.stop() });
  const ends = { apiUrl, aws: localstack, collector: peers.collector, receiver: peers.receiver };
  const first = await sendFirstPlacement(ends, word.signal);
  await word.flush();
  if (options.json) process.stdout.write(`${JSON.stringify(asJson(first, running))}\n`);
  else say(`${show.result(first, shown(running))}\n${show.tryIt(first, shown(running))}`);

  const complete = first.missing.length === 0;
  if (options.json && !complete) say(`missing: ${first.missing.join('; ')}`);
  const failures = failuresOf(first.spans);
  if (options.json) for (const line of failuresAsText(failures, localstack.endpoint)) say(line);
  up = !options.once && peers.own;
  if (!up) return complete && failures.length === 0 ? 0 : 1;
  word.saySentOn();
  say('\nUp: database, collector and receiver live in this process. Ctrl-C stops them; what is deployed waits.');
  return undefined;
}

async function removeAll(): Promise<undefined> {
  const removed = await destroy(await findLocalStack(process.env), tell);
  if (options.json) process.stdout.write(`${JSON.stringify({ removed })}\n`);
  else say(removed.length > 0 ? `Removed: ${removed.join(', ')}` : 'Nothing was deployed.');
}

/** Says what CloudFormation is at, now and then. */
function now(): (progress: Progress) => void {
  let last = 0;
  return ({ stack, done, status, resource }) => {
    if (performance.now() - last < PROGRESS_MS) return;
    last = performance.now();
    tell(stack, `${done} done, ${status} ${resource}`);
  };
}

function shown({ apiUrl, peers, localstack, outputs }: Running): Shown {
  return {
    apiUrl,
    awsUrl: localstack.endpoint,
    receiver: peers.receiver,
    hints: [
      '',
      ...Object.entries(outputs)
        .filter(([name]) => name !== 'ApiUrl')
        .map(([name, value]) => `${name.padEnd(32)} ${value}`),
      '',
      `AWS_ENDPOINT_URL=${localstack.endpoint} AWS_REGION=${localstack.region} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \\`,
      `  aws sqs get-queue-attributes --queue-url ${outputs['NotifierQueueUrl']} --attribute-names All`,
      'npm run localstack -- --destroy   # removes all of it',
    ],
  };
}

function asJson(first: FirstPlacement, { apiUrl, peers, localstack, outputs }: Running) {
  const { missing, tookMs, traceId, ...rest } = first;
  return {
    complete: missing.length === 0,
    missing,
    failures: failuresOf(rest.spans),
    took_ms: Math.round(tookMs),
    trace_id: traceId,
    api: apiUrl,
    aws: localstack.endpoint,
    region: localstack.region,
    receiver: peers.receiver.url,
    outputs,
    sent_on: peers.forwarding && sentOnAsJson(peers.forwarding),
    ...rest,
  };
}
