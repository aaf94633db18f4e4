import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { StageName } from './stages.ts';

const root = join(import.meta.dirname, '..');

export interface Synthesis {
  /** The cloud assembly's folder. An earlier assembly there is replaced once the new one is whole. */
  outdir: string;
  /** As typed: `bin/app.ts` refuses one it does not know. */
  stage: StageName | (string & {});
  /** CloudFormation rules checked on the template: takes seconds (1.6 s without, 8–10 s with). */
  validate: boolean;
  /** The folder of the built bundles; `dist` by default. */
  bundles?: string;
  /** What whoever deploys may choose: lib/choices.ts. */
  choices?: Record<string, string>;
}

/**
 * Runs the CDK app in a process of its own, offline and without credentials, until `<outdir>/nedlia-<stage>.template.json` stands.
 * @throws Error with what the app said on stderr.
 */
export async function synthesise({ outdir, stage, validate, bundles = 'dist', choices }: Synthesis): Promise<void> {
  const folder = resolve(root, outdir);
  const unfinished = `${folder}.unfinished`;
  if (!(await isReplaceable(folder))) throw new Error(`${folder} is not a cloud assembly: not replaced`);
  await rm(unfinished, { recursive: true, force: true });

  const app = spawn(process.execPath, ['bin/app.ts'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      CDK_OUTDIR: unfinished,
      CDK_CONTEXT_JSON: JSON.stringify({ ...choices, stage, bundles: resolve(root, bundles) }),
      CDK_VALIDATION: String(validate),
    },
  });
  const [stderr, [code]] = await Promise.all([text(app.stderr), once(app, 'close')]);
  if (code !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw new Error(stderr.trim() || `bin/app.ts ended with ${String(code)}`);
  }

  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
}

/** Nothing, an empty folder, or an assembly (which has a file of this name). */
async function isReplaceable(folder: string): Promise<boolean> {
  return !existsSync(folder) || existsSync(join(folder, 'cdk.out')) || (await readdir(folder)).length === 0;
}
