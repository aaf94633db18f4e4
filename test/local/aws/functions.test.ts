import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LocalFunction } from '../../../local/aws/functions.ts';
import type { FunctionPlan } from '../../../local/aws/plan.ts';
import { eventually } from '../../support/eventually.ts';
import { scratch } from '../../support/local-aws.ts';

function start(t: TestContext, source: string, changes: Partial<FunctionPlan> = {}) {
  const plan = planOf(scratch(t), source, changes);
  const lines: string[] = [];
  const fn = new LocalFunction(plan, { FROM_RUN: 'run' }, (line) => lines.push(line));
  t.after(() => fn.stop());
  return { fn, lines };
}

function planOf(directory: string, source: string, changes: Partial<FunctionPlan> = {}): FunctionPlan {
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/index.cjs`, source);
  return {
    name: 'fn',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:fn',
    handler: 'index.handler',
    directory,
    timeoutMs: 60_000,
    memoryMb: 256,
    environment: { OWN: 'own' },
    ...changes,
  };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('a handler gets its event and a context, and its answer comes back as JSON', async (t) => {
  const { fn } = start(
    t,
    `exports.handler = async (event, context) => ({ event, when: new Date(0), nothing: undefined,
      context: { ...context, left: context.getRemainingTimeInMillis() } });`,
  );
  const answer = (await fn.invoke({ x: [1] })) as { context: Record<string, unknown> };
  const { awsRequestId, left, ...context } = answer.context;
  assert.match(String(awsRequestId), /^[0-9a-f-]{36}$/);
  assert.ok(Number(left) > 30_000 && Number(left) <= 60_000);
  assert.deepEqual(
    { ...answer, context },
    {
      event: { x: [1] },
      when: '1970-01-01T00:00:00.000Z',
      context: {
        functionName: 'fn',
        functionVersion: '$LATEST',
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fn',
        memoryLimitInMB: '256',
        logGroupName: '/aws/lambda/fn',
        logStreamName: 'local',
        callbackWaitsForEmptyEventLoop: true,
      },
    },
  );
});

test('a function sees its own environment and nothing of the shell but three variables', async (t) => {
  process.env['LEAKS'] = 'yes';
  t.after(() => delete process.env['LEAKS']);
  const { fn } = start(t, 'exports.handler = async () => process.env;');
  const environment = (await fn.invoke({})) as Record<string, string>;
  assert.equal(environment['OWN'], 'own');
  assert.equal(environment['FROM_RUN'], 'run');
  assert.equal(environment['AWS_LAMBDA_FUNCTION_NAME'], 'fn');
  const given =
    /^(OWN|FROM_RUN|PATH|HOME|TMPDIR|AWS_LAMBDA_.*|AWS_DEFAULT_REGION|LAMBDA_TASK_ROOT|_HANDLER|NODE_CHANNEL_.*)$/;
  assert.deepEqual(
    Object.keys(environment).filter((name) => !given.test(name)),
    [],
  );
});

test('the process is kept between invocations, which wait for each other', async (t) => {
  const { fn } = start(
    t,
    `let running = 0, count = 0;
    exports.handler = async () => {
      running += 1; count += 1;
      const seen = running;
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
      return { seen, count };
    };`,
  );
  assert.deepEqual(await Promise.all([fn.invoke({}), fn.invoke({}), fn.invoke({})]), [
    { seen: 1, count: 1 },
    { seen: 1, count: 2 },
    { seen: 1, count: 3 },
  ]);
});

test('what is thrown, Error or not, or cannot be said in JSON fails the invocation, not the process', async (t) => {
  const { fn } = start(
    t,
    `exports.handler = async ({ how }) => {
      if (how === 'error') throw new TypeError('no good');
      if (how === 'other') throw 'a string';
      return { big: 1n };
    };`,
  );
  await assert.rejects(fn.invoke({ how: 'error' }), { name: 'TypeError', message: 'no good', stack: /index\.cjs/ });
  const pid = fn.pid();
  await assert.rejects(fn.invoke({ how: 'other' }), { name: 'string', message: 'a string' });
  await assert.rejects(fn.invoke({ how: 'json' }), { name: 'TypeError', message: /BigInt/ });
  assert.equal(fn.pid(), pid);
});

test('a function that takes too long is killed and replaced', async (t) => {
  const { fn } = start(t, 'exports.handler = async ({ hang }) => { while (hang); return process.pid; };', {
    timeoutMs: 1000,
  });
  const pid = await fn.invoke({});
  await assert.rejects(fn.invoke({ hang: true }), {
    name: 'Sandbox.Timedout',
    message: 'Task timed out after 1.00 seconds',
  });
  assert.equal(isAlive(pid as number), false);
  assert.notEqual(await fn.invoke({}), pid);
});

test('a process that is killed, exits or throws out of the blue fails its invocation and is replaced', async (t) => {
  const { fn, lines } = start(
    t,
    `exports.handler = async ({ how }) => {
      if (how === 'exit') process.exit(7);
      if (how === 'throw') { setTimeout(() => { throw new Error('out of the blue'); }); await new Promise(() => {}); }
      if (how === 'wait') await new Promise((resolve) => setTimeout(resolve, 60_000));
      return process.pid;
    };`,
  );
  const first = await fn.invoke({});
  const waiting = fn.invoke({ how: 'wait' });
  setTimeout(() => fn.kill(), 50);
  await assert.rejects(waiting, { name: 'Runtime.ExitError', message: 'the process exited (SIGKILL)' });
  await assert.rejects(fn.invoke({ how: 'exit' }), { message: 'the process exited (code 7)' });
  await assert.rejects(fn.invoke({ how: 'throw' }), { message: 'the process exited (code 1)' });
  assert.ok(lines.some((line) => line.includes('out of the blue')));
  const last = await fn.invoke({});
  assert.notEqual(last, first);
  assert.equal(fn.pid(), last);
});

test('a bundle that cannot be loaded says why, and is tried again', async (t) => {
  const { fn, lines } = start(t, `throw new Error('wrong environment: DATABASE_URL is missing');`);
  await assert.rejects(fn.ready(), { message: 'wrong environment: DATABASE_URL is missing' });
  await assert.rejects(fn.invoke({}), { message: 'wrong environment: DATABASE_URL is missing' });
  await eventually(() => lines.some((line) => line.startsWith('fn could not start: Error: wrong environment')));
  const { fn: nameless } = start(t, 'exports.other = () => {};');
  await assert.rejects(nameless.ready(), { message: 'index.handler is not exported' });
  const { fn: fileless } = start(t, '', { handler: 'absent.handler' });
  await assert.rejects(fileless.ready(), /cannot find .*absent\.js or \.cjs/);
});

test('a folder that is not there fails the start and does not hang', async (t) => {
  const { fn } = start(t, '', { directory: '/nowhere' });
  await assert.rejects(fn.ready(), { name: 'Runtime.ExitError', message: /ENOENT/ });
});

test('what a function prints is handed on line by line, whatever the pieces and the characters', async (t) => {
  const { fn, lines } = start(
    t,
    `exports.handler = async () => {
      process.stdout.write('{"a":"one\\u2028line"}\\nsec');
      await new Promise((resolve) => setTimeout(resolve, 30));
      process.stdout.write('ond\\n');
      process.stderr.write('third\\n');
    };`,
  );
  assert.equal(await fn.invoke({}), null);
  await eventually(() => lines.length === 3);
  assert.deepEqual(lines.toSorted(), ['second', 'third', '{"a":"one\u2028line"}']);
});

/** A process that runs a function in a process group of its own; prints the answer to one invocation, and to another at SIGINT. */
async function parentOf(
  t: TestContext,
): Promise<{ pid: number; answers: string[]; kill: (signal: NodeJS.Signals) => void }> {
  const plan = planOf(scratch(t), 'setInterval(() => {}, 1000); exports.handler = async () => process.pid;');
  const module = fileURLToPath(new URL('../../../local/aws/functions.ts', import.meta.url));
  const script = `
    process.on('SIGINT', () => {});
    const { LocalFunction } = await import(${JSON.stringify(module)});
    const fn = new LocalFunction(${JSON.stringify(plan)}, {}, () => {});
    console.log(await fn.invoke({}));
    process.once('SIGINT', async () => console.log(await fn.invoke({})));`;
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: [...stdio], detached: true });
  const answers: string[] = [];
  parent.stdout?.on('data', (data: Buffer) => answers.push(...data.toString().trim().split('\n')));
  t.after(() => parent.kill('SIGKILL'));
  await eventually(() => answers.length === 1);
  return { pid: Number(answers[0]), answers, kill: (signal) => process.kill(-(parent.pid ?? 0), signal) };
}

test('a function dies with its parent, also when that is killed', async (t) => {
  const parent = await parentOf(t);
  assert.ok(isAlive(parent.pid));
  parent.kill('SIGKILL');
  await eventually(() => !isAlive(parent.pid));
});

test('Ctrl-C in the terminal does not reach a function, so that its parent can drain', async (t) => {
  const parent = await parentOf(t);
  parent.kill('SIGINT');
  await eventually(() => parent.answers.length === 2);
  assert.equal(parent.answers[1], String(parent.pid));
});
