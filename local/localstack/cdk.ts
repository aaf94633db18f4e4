import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type { LocalStack } from './localstack.ts';

/** A line of CloudFormation's progress as the CDK prints it. */
export interface Progress {
  stack: string;
  /** Resources finished so far. */
  done: number;
  /** `CREATE_IN_PROGRESS`, … */
  status: string;
  resource: string;
}

/** The `cdk` command did not end with 0. */
export class CdkFailed extends Error {
  override readonly name = 'CdkFailed';
}

const CDK = path.resolve(import.meta.dirname, '../../node_modules/aws-cdk/bin/cdk');

/**
 * Runs the CDK's command against LocalStack, in a folder where no `cdk.json` is found and with a home of its own: the CDK keeps
 * account ids per access key there, and "test" has another one elsewhere.
 * @throws CdkFailed with the last thing it said; whoever knows the stacks finds the cause in their events.
 */
export async function cdk(
  { environment }: LocalStack,
  args: string[],
  options: { onProgress?: (progress: Progress) => void; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const home = await mkdtemp(path.join(tmpdir(), 'nedlia-cdk-'));
  try {
    const { AWS_PROFILE: _, AWS_DEFAULT_PROFILE: __, ...inherited } = process.env;
    const child = spawn(
      process.execPath,
      [CDK, ...args, '--ci', '--no-color', '--no-notices', '--progress', 'events'],
      {
        cwd: home,
        env: { ...inherited, ...environment, CDK_HOME: home, CDK_DISABLE_CLI_TELEMETRY: 'true' },
        stdio: ['ignore', 'pipe', 'pipe'],
        ...(options.signal ? { signal: options.signal } : {}),
      },
    );
    const said: string[] = [];
    const output = new PassThrough();
    for (const stream of [child.stdout, child.stderr]) stream.pipe(output, { end: false });
    createInterface({ input: output }).on('line', (line) => {
      const progress = readProgress(line);
      if (progress) options.onProgress?.(progress);
      else if (line.trim()) said.push(line.trim());
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new CdkFailed(lastError(said) ?? `cdk ${args[0]} ended with ${code}`);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** `nedlia-local |  50 | 12:03:21 PM | CREATE_COMPLETE | AWS::SQS::Queue | Validator/Queue (…)`, with or without `/80`. */
function readProgress(line: string): Progress | undefined {
  const [stack, count, , status, type, resource] = line.split('|').map((part) => part.trim());
  if (!stack || !status || !type || !resource || !/^[A-Z_]+$/.test(status)) return undefined;
  return { stack, done: Number.parseInt(count ?? '', 10) || 0, status, resource: `${type} ${resource}` };
}

const lastError = (said: string[]): string | undefined =>
  said.findLast((line) => /error|fail|❌/i.test(line))?.replace(/^❌\s*/, '') ?? said.at(-1);
