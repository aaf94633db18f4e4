import type { TestContext } from 'node:test';

type Line = Record<string, unknown> & { message: string; level: string };

/** Keeps the log lines written until the test is over from standard output; whatever else is written there goes on. */
export function captureLog(t: Pick<TestContext, 'after'>): Line[] {
  const lines: Line[] = [];
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = ((...args: Parameters<typeof write>) => {
    const [chunk] = args;
    if (typeof chunk !== 'string' || !chunk.startsWith('{"timestamp"')) return write(...args);
    lines.push(JSON.parse(chunk) as Line);
    return true;
  }) as typeof write;
  t.after(() => {
    stdout.write = write;
  });
  return lines;
}
