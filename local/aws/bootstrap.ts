// Runs in a function's own process: loads the handler as the managed Node.js runtime does and answers invocations over IPC.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { FromFunction, ToFunction } from './function-process.ts';

type Handler = (event: unknown, context: object) => unknown;

const { _HANDLER = '', LAMBDA_TASK_ROOT = '', AWS_LAMBDA_FUNCTION_NAME: name } = process.env;

// A dead parent closes the channel, also after kill -9: nothing may outlive it.
process.on('disconnect', () => process.exit(0));

const tell = (message: FromFunction): Promise<void> => new Promise((done) => process.send?.(message, () => done()));

const describe = (error: unknown) => {
  const { name, message, stack } = error instanceof Error ? error : { name: typeof error, message: String(error) };
  return { name, message, stack };
};

function load(): Handler {
  const dot = _HANDLER.lastIndexOf('.');
  const base = resolve(LAMBDA_TASK_ROOT, _HANDLER.slice(0, dot));
  const file = ['.js', '.cjs'].map((extension) => base + extension).find((candidate) => existsSync(candidate));
  if (!file) throw new Error(`cannot find ${base}.js or .cjs`);
  const handler = (createRequire(file)(file) as Record<string, unknown>)[_HANDLER.slice(dot + 1)];
  if (typeof handler !== 'function') throw new Error(`${_HANDLER} is not exported`);
  return handler as Handler;
}

async function invoke(handler: Handler, { id, arn, deadline, memoryMb, event }: ToFunction): Promise<void> {
  const context = {
    awsRequestId: id,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: arn,
    memoryLimitInMB: String(memoryMb),
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  try {
    // As text: what JSON drops or cannot say is dropped or refused here as it is on Lambda.
    await tell({ type: 'answer', json: JSON.stringify((await handler(event, context)) ?? null) });
  } catch (error) {
    await tell({ type: 'error', error: describe(error) });
  }
}

try {
  const handler = load();
  process.on('message', (message: ToFunction) => void invoke(handler, message));
  await tell({ type: 'ready' });
} catch (error) {
  await tell({ type: 'error', error: describe(error) });
}
