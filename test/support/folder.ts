import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder that is gone when this test process ends. */
export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nedlia-test-folder-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
