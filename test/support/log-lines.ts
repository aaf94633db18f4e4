import assert from 'node:assert/strict';
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

/** What every line of every program says first, in this order; what the caller adds comes after it. */
const OWN: [field: string, shape: RegExp, required: boolean][] = [
  ['timestamp', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, true],
  ['level', /^(?:debug|info|warn|error)$/, true],
  ['message', /./, true],
  ['service', /^nedlia-[a-z-]+$/, true],
  ['trace_id', /^[0-9a-f]{32}$/, false],
  ['span_id', /^[0-9a-f]{16}$/, false],
  ['trace_flags', /^[0-9a-f]{2}$/, false],
  ['correlation_id', /^[A-Za-z0-9_-]{1,64}$/, false],
];

/** The JSON lines of an output. Fails for one without the shape that all programs share; with `inTrace` it must also say where it belongs. */
export function linesOfShape(output: string, { inTrace }: { inTrace: boolean }): Line[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((text) => {
    const line = JSON.parse(text) as Line;
    const expected = OWN.filter(([field, , required]) => required || inTrace || field in line);
    assert.deepEqual(
      Object.keys(line).slice(0, expected.length),
      expected.map(([field]) => field),
      text,
    );
    for (const [field, shape] of expected) assert.match(String(line[field]), shape, text);
    return line;
  });
}
