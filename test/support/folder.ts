import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];
process.once('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that is gone when this test process ends. */
export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nedlia-test-folder-'));
  made.push(folder);
  return folder;
}
