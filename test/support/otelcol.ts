import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { nobody } from './peer.ts';

/** A start takes one second on an idle machine. */
const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 5000;

/** What `sigv4auth` needs to be made: it asks for credentials even when a configuration is only looked at. */
export const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** How a Collector is called: with its configurations, and with what they read by `${env:…}`. */
export interface Call {
  args: readonly string[];
  env: Record<string, string>;
}

/** Configurations as texts, later ones on top, each handed over in a variable, as the task on Fargate gets them. */
export function callWith(configurations: readonly string[], env: Record<string, string> = {}): Call {
  const named = configurations.map((yaml, index) => [`CONFIGURATION_${index}`, yaml] as const);
  return { args: named.map(([name]) => `--config=env:${name}`), env: { ...env, ...Object.fromEntries(named) } };
}

const binary = (): string => process.env['OTELCOL'] ?? 'otelcol';

/** `$OTELCOL validate`. @returns what it finds wrong; an empty text when nothing is. */
export async function validate({ args, env }: Call): Promise<string> {
  const child = spawn(binary(), ['validate', ...args], {
    env: { ...CREDENTIALS, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return code === 0 ? '' : said.trim() || `ended with ${String(code)}`;
}

export interface Otelcol {
  /** Its log so far. */
  log: () => string;
  /** Whether it answers that it is well, as a load balancer asks it. */
  health: string;
}

/** Runs the real Collector until the test is over. `HEALTH_ENDPOINT` is where it is asked whether it is ready. */
export async function startOtelcol(t: Pick<TestContext, 'after'>, { args, env }: Call): Promise<Otelcol> {
  const healthEndpoint = await freeEndpoint();
  const child = spawn(binary(), args, {
    env: { ...CREDENTIALS, ...env, HEALTH_ENDPOINT: healthEndpoint },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (line: string) => lines.push(line));
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(late);
  });

  const health = `http://${healthEndpoint}/`;
  for (const deadline = Date.now() + READY_WITHIN_MS; ; await sleep(50)) {
    if (await isWell(health)) return { log: () => lines.join(''), health };
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`no Collector: ${lines.join('')}`);
  }
}

/** `host:port` that was free a moment ago. */
export const freeEndpoint = async (): Promise<string> => new URL(await nobody()).host;

const isWell = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (answer) => (await answer.body?.cancel(), answer.ok),
    () => false,
  );
