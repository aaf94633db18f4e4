import { parseArgs } from 'node:util';
import { sqsClient } from '../aws/clients.ts';
import { explain } from '../aws/explain.ts';
import { lookAtQueue, moveMessages } from '../aws/redrive.ts';
import { deliverAgain } from '../aws/undelivered.ts';
import { DEAD_LETTER_SUFFIX, service, UNDELIVERED, workers } from '../events/catalogue.ts';
import { bundleOf } from '../lib/entries.ts';

const functions = workers.map((name) => service[name]);
/** By what a person may say: the whole name, or without the project's. */
const queues = new Map<string, string>([
  ...functions.flatMap((name) => [[name, name] as const, [bundleOf(name), name] as const]),
  [UNDELIVERED, UNDELIVERED],
  ['undelivered', UNDELIVERED],
]);

const HELP = `npm run redrive -- <function> [options]

Moves what lies in the dead-letter queue of a function back into its queue, on the trace it came with, and shows how far
it is until the move is done. Mend the cause first: docs/runbook.md#redrive.

  <function>              ${functions.map(bundleOf).join(', ')};
                          or undelivered: events that a rule could not put into a queue go to the queue they were for
  --dry-run               say how many there are, move nothing
  --max-per-second <n>    1 to 500; without it SQS moves as fast as it can
  --json                  print one JSON object instead of text (progress goes to standard error)
  --help                  this text

Environment: AWS credentials and region as for any AWS tool; AWS_ENDPOINT_URL for LocalStack or "npm start".
Exit codes: 0 done, or nothing to do · 1 failed, or messages stay · 64 called wrongly
`;

const EX_USAGE = 64;

const options = readOptions();
const say = (text: string) => void (options.json ? process.stderr : process.stdout).write(`${text}\n`);
const sqs = sqsClient();

process.once('SIGINT', () => {
  process.stderr.write('\nnedlia: not waited for; SQS goes on with a move it has begun\n');
  process.exit(130);
});
await redrive().catch((error: unknown) => {
  process.stderr.write(`nedlia: ${onThisMachine(explain(error))}\n`);
  process.exitCode = 1;
});
sqs.destroy();

async function redrive(): Promise<void> {
  useLoopbackDefaults();
  const from = await lookAtQueue(sqs, `${options.name}${DEAD_LETTER_SUFFIX}`);
  const flight = from.inFlight > 0 ? ` (${from.inFlight} more are just being looked at by somebody)` : '';
  say(`${options.name}${DEAD_LETTER_SUFFIX}: ${messages(from.waiting)}${flight}`);
  const result = {
    queue: `${options.name}${DEAD_LETTER_SUFFIX}`,
    waiting: from.waiting,
    moved: 0,
    stayed: [] as object[],
  };
  if (!options.dryRun && from.waiting > 0) Object.assign(result, await move(from));
  if (options.json) process.stdout.write(`${JSON.stringify({ ...result, dry_run: options.dryRun })}\n`);
}

async function move(from: Awaited<ReturnType<typeof lookAtQueue>>): Promise<{ moved: number; stayed: object[] }> {
  let moved = 0;
  if (options.name === UNDELIVERED) {
    let stayed: { messageId: string; reason: string }[] = [];
    for await (const soFar of deliverAgain(sqs, from.url)) {
      ({ moved, stayed } = soFar);
      say(`${moved} put back`);
    }
    for (const { messageId, reason } of stayed) say(`${messageId} stays: ${reason}`);
    if (stayed.length > 0) process.exitCode = 1;
    return { moved, stayed };
  }
  const to = await lookAtQueue(sqs, options.name);
  for await (const soFar of moveMessages(sqs, from, to, { maxPerSecond: options.maxPerSecond })) {
    moved = soFar.moved;
    say(
      soFar.running ? `${moved} of ${soFar.toMove ?? from.waiting} …` : `${messages(moved)} moved to ${options.name}`,
    );
  }
  return { moved, stayed: [] };
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}

/** On this machine nothing checks keys, but the SDK insists on having some. */
function useLoopbackDefaults(): void {
  const { env } = process;
  const endpoint = env['AWS_ENDPOINT_URL'];
  if (!endpoint || !/^https?:\/\/(localhost|127\.|\[::1\])/.test(endpoint)) return;
  env['AWS_REGION'] ||= 'eu-central-1';
  env['AWS_ACCESS_KEY_ID'] ||= 'test';
  env['AWS_SECRET_ACCESS_KEY'] ||= 'test';
}

/** Who means "npm start" lacks one variable, and neither a region nor credentials. */
function onThisMachine(line: string): string {
  if (process.env['AWS_ENDPOINT_URL'] || !/^there (?:is|are) no AWS /.test(line)) return line;
  return `${line}; for "npm start" set AWS_ENDPOINT_URL instead, to the address of "AWS on loopback" in what it prints`;
}

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean', default: false },
        'max-per-second': { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      return process.exit(0);
    }
    const rate = values['max-per-second'];
    const maxPerSecond = rate === undefined ? undefined : Number(rate);
    if (maxPerSecond !== undefined && !(Number.isInteger(maxPerSecond) && maxPerSecond >= 1 && maxPerSecond <= 500)) {
      throw new Error('--max-per-second must be a whole number from 1 to 500');
    }
    return { name: queueOf(positionals), dryRun: values['dry-run'], json: values.json, maxPerSecond };
  } catch (error) {
    process.stderr.write(`nedlia: ${(error as Error).message}\n\n${HELP}`);
    return process.exit(EX_USAGE);
  }
}

function queueOf(said: string[]): string {
  const [wanted, ...others] = said;
  if (!wanted || others.length > 0) throw new Error('name one function');
  const known = queues.get(wanted);
  if (!known) throw new Error(`there is no function ${wanted} with a dead-letter queue`);
  return known;
}
