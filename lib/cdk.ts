import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The `cdk` command did not do what it was asked to; it has said why itself. */
export class CdkFailed extends Error {
  override readonly name = 'CdkFailed';
}

/**
 * Runs the `cdk` of this project (the first on the PATH, which npm's words set) with its output and its questions on this
 * terminal. It builds the functions and synthesises by itself: `cdk.json`.
 * @throws CdkFailed
 */
export async function cdk(args: string[], context: Record<string, string>): Promise<void> {
  const given = Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`]);
  const child = spawn('cdk', [...args, '--no-notices', ...given], { cwd: root, stdio: 'inherit' });
  const [code, signal] = (await once(child, 'close').catch((error: Error) => {
    throw new CdkFailed(`cdk cannot be run (${error.message}): is "npm ci" done, and was this begun as an npm word?`);
  })) as [number | null, string | null];
  if (code !== 0) throw new CdkFailed(`cdk ${args[0]} ended with ${code ?? signal}; it says why above`);
}
