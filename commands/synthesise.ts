import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { StageName } from '../lib/stages.ts';

const root = join(import.meta.dirname, '..');

export interface Synthesis {
  /** The cloud assembly's folder; what an earlier run left there is removed. */
  outdir: string;
  /** As typed: `bin/app.ts` refuses one it does not know. */
  stage: StageName | (string & {});
  /** CloudFormation rules checked on the template: takes seconds (1.6 s without, 8–10 s with). */
  validate: boolean;
  /** The folder of the built bundles; `dist` by default. */
  bundles?: string;
}

/**
 * Runs the CDK app in a process of its own, offline and without credentials, until `<outdir>/nedlia-<stage>.template.json` stands.
 * @throws Error with what the app said on stderr.
 */
export async function synthesise({ outdir, stage, validate, bundles = 'dist' }: Synthesis): Promise<void> {
  await empty(resolve(root, outdir));
  const app = spawn(process.execPath, ['bin/app.ts'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      CDK_OUTDIR: resolve(root, outdir),
      CDK_CONTEXT_JSON: JSON.stringify({ stage, bundles: resolve(root, bundles) }),
      CDK_VALIDATION: String(validate),
    },
  });
  const [stderr, [code]] = await Promise.all([text(app.stderr), once(app, 'close')]);
  if (code !== 0) throw new Error(stderr.trim() || `bin/app.ts ended with ${String(code)}`);
}

/** Removes an old assembly, and nothing that is not one. */
async function empty(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const isAssembly = existsSync(join(folder, 'cdk.out')) || (await readdir(folder)).length === 0;
  if (!isAssembly) throw new Error(`${folder} is not a cloud assembly: not replaced`);
  await rm(folder, { recursive: true });
}
