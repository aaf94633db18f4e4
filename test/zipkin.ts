import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { startZipkin, stopZipkin } from './support/zipkin-server.ts';

let running: ChildProcess | undefined;

/** Starts one Zipkin for the whole run (5 to 30 s) unless `ZIPKIN_URL` names one that runs, or refuses in one line. */
export async function globalSetup(): Promise<void> {
  if (process.env['ZIPKIN_URL']) return;
  const jar = process.env['ZIPKIN_JAR'];
  try {
    if (!jar) throw new Error('ZIPKIN_JAR must name the executable jar of Zipkin (io.zipkin:zipkin-server:3.6.1:exec)');
    if (!existsSync(jar)) throw new Error(`ZIPKIN_JAR names ${jar}, which is not there`);
    if (spawnSync('java', ['-version'], { timeout: 30_000 }).status !== 0)
      throw new Error('java 17 is not on the PATH');
    const began = performance.now();
    const { url, process: child } = await startZipkin(jar);
    running = child;
    process.env['ZIPKIN_URL'] = url;
    process.stderr.write(`Zipkin is up after ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  } catch (error) {
    process.stderr.write(`nedlia: ${(error as Error).message}\n`);
    process.exit(1);
  }
}

export async function globalTeardown(): Promise<void> {
  if (running) await stopZipkin(running);
}
