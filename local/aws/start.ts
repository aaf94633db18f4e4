import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { REGION } from './account.ts';
import type { Fail } from './errors.ts';
import { events } from './events.ts';
import { LocalFunction, type FunctionHandle } from './functions.ts';
import { objectPath } from './objects.ts';
import type { Plan } from './plan.ts';
import { poll } from './poller.ts';
import { Queue } from './queue.ts';
import { readPlans } from './read-plan.ts';
import { s3 } from './s3.ts';
import { listen } from './server.ts';
import { sqs } from './sqs.ts';
import type { Template } from './template.ts';

export interface LocalAws {
  endpoint: string;
  /** What a program needs to use it: `AWS_ENDPOINT_URL`, `AWS_REGION` and keys that open nothing. */
  environment: Record<string, string>;
  /** The stacks' outputs, resolved. */
  outputs: Record<string, string>;
  functions: FunctionHandle[];
  /** The file that holds an object's bytes. */
  objectPath(bucket: string, key: string): string;
  /**
   * True when no message is visible or in flight in the queues that feed functions.
   * Delayed messages do not count (a nudge is always on its way), nor does a dead-letter queue.
   */
  idle(): Promise<boolean>;
  /** Receives no more, gives running invocations `drainMs` (3 s unless given), then kills their processes: their messages stay queued. */
  stop(options?: { drainMs?: number }): Promise<void>;
}

/**
 * Starts SQS, EventBridge, S3 and the functions of synthesised stacks on 127.0.0.1, with their data under `directory`.
 * Resolves once every function that a queue feeds has loaded its handler.
 *
 * What was in flight when the last run ended is due at once: whoever held it is dead, and nobody waits out the visibility.
 * The caller sees to it that one run at a time uses a directory. Throws when the template holds what is not known here, or a
 * function cannot start.
 */
export async function startLocalAws(options: {
  /** The cloud assembly (`cdk.out`) with `<stack>.template.json` and the assets. */
  assembly: string;
  /** In the order of deployment: a stack may import what those before it export. */
  stacks: readonly string[];
  parameters: Record<string, string>;
  directory: string;
  port?: number | undefined;
  /** For every function, on top of its own. */
  environment?: Record<string, string>;
  onLine?: (fn: string, line: string) => void;
  faults?: { fail?: Fail };
}): Promise<LocalAws> {
  const { assembly, stacks, parameters, directory, onLine = () => {} } = options;
  const fail: Fail = (...call) => options.faults?.fail?.(...call);
  const server = await listen({ port: options.port, fail });
  const environment = {
    AWS_ENDPOINT_URL: server.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  const queues = new Map<string, Queue>();
  const functions = new Map<string, LocalFunction>();
  const receiving = new AbortController();
  let pollers: Promise<void>[] = [];

  let stopping: Promise<void> | undefined;
  const stop = (drain?: { drainMs?: number }) => (stopping ??= stopOnce(drain));
  const stopOnce = async ({ drainMs = 3000 } = {}) => {
    receiving.abort();
    await Promise.race([Promise.all(pollers), sleep(drainMs, undefined, { ref: false })]);
    await Promise.all([...functions.values()].map((fn) => fn.stop()));
    await Promise.all(pollers);
    await server.close();
    for (const queue of queues.values()) queue.close();
  };

  try {
    const templates = stacks.map((name) => ({ name, template: readTemplate(assembly, name) }));
    const plan = readPlans(templates, { assembly, endpoint: server.url, parameters });
    openQueues(plan, `${directory}/queues`, queues);
    server.serve({
      sqs: sqs(queues, server.url, fail),
      events: events(plan, queues, fail),
      s3: s3(plan.buckets, directory),
    });
    for (const fn of plan.functions) {
      const variables = { ...options.environment, ...environment };
      functions.set(fn.name, new LocalFunction(fn, variables, (line) => onLine(fn.name, line)));
    }
    const mappings = plan.mappings.map((mapping) => {
      const queue = queues.get(mapping.queue);
      const fn = functions.get(mapping.function);
      if (!queue || !fn) throw new Error(`a mapping needs ${mapping.queue} and ${mapping.function} in one plan`);
      return { mapping, queue, fn, signal: receiving.signal, onLine: (line: string) => onLine(fn.name, line) };
    });
    await Promise.all(mappings.map(({ fn }) => firstStart(fn)));
    for (const { queue } of mappings) queue.release();
    pollers = mappings.map((mapping) => poll(mapping));
    return {
      endpoint: server.url,
      environment,
      outputs: plan.outputs,
      functions: [...functions.values()],
      objectPath: (bucket, key) => objectPath(directory, bucket, key),
      idle: async () => mappings.every(({ queue }) => queue.counts().visible + queue.counts().inFlight === 0),
      stop,
    };
  } catch (error) {
    await stop({ drainMs: 0 });
    throw error;
  }
}

const readTemplate = (assembly: string, stack: string) =>
  JSON.parse(readFileSync(`${assembly}/${stack}.template.json`, 'utf8')) as Template;

function openQueues(plan: Plan, directory: string, queues: Map<string, Queue>): void {
  for (const queue of plan.queues) queues.set(queue.name, new Queue(queue, directory));
  for (const queue of queues.values()) {
    const { redrive, name } = queue.plan;
    queue.deadLetter = redrive && queues.get(redrive.deadLetter);
    if (redrive && !queue.deadLetter) throw new Error(`the dead-letter queue of ${name} is not in these templates`);
  }
}

async function firstStart(fn: LocalFunction): Promise<void> {
  try {
    await fn.ready();
  } catch (error) {
    throw new Error(`${fn.name} could not start: ${(error as Error).message}`, { cause: error });
  }
}
