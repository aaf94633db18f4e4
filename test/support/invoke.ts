import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** What a function's process did: its answer if it gave one, and what it wrote. */
export interface Invoked {
  answer: unknown;
  stdout: string;
  stderr: string;
  code: number | null;
}

/**
 * What Lambda's runtime does, in plain CommonJS: require the bundle, then call the handler with an event and a context. Like it,
 * this says itself why a bundle does not load: Node's own report of an uncaught error begins with the minified line, 100 kB long.
 */
const runtime = `
const event = JSON.parse(process.argv[2]);
const timeoutMs = Number(process.argv[3]);
let end = Infinity;
const context = { awsRequestId: 'request-1', functionName: 'f', invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:f', getRemainingTimeInMillis: () => end - Date.now() };
(async () => {
  const { handler } = require(process.argv[1]);
  end = Date.now() + timeoutMs;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), timeoutMs).unref();
  return handler(event, context);
})().then(
  (answer) => process.stdout.write(String.fromCharCode(0) + JSON.stringify({ answer }), () => process.exit(0)),
  (error) => process.stderr.write(error.stack + '\\n', () => process.exit(1)),
);
`;

/**
 * Loads a built bundle in a process of its own and calls it once with this event, in exactly this environment. The exit code is
 * not 0 when the bundle does not load or its handler rejects, and null when its time was over: it is killed then, as Lambda does.
 */
export async function invoke(
  bundle: string,
  event: unknown,
  environment: Record<string, string>,
  timeoutMs = 30_000,
): Promise<Invoked> {
  const process_ = spawn(process.execPath, ['-e', runtime, '--', bundle, JSON.stringify(event), String(timeoutMs)], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, stderr, [code]] = await Promise.all([
    text(process_.stdout),
    text(process_.stderr),
    once(process_, 'close') as Promise<[number | null]>,
  ]);
  const [stdout = '', said] = out.split('\0');
  const { answer } = JSON.parse(said ?? '{}') as Partial<Invoked>;
  return { answer, stdout, stderr, code };
}
