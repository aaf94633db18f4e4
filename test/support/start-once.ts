import assert from 'node:assert/strict';
import type { ReceivedSpan } from '../../local/collector/otlp.ts';
import { aFolder } from './folder.ts';
import { runWord } from './word.ts';

/** `npm start -- --once --json` from nothing, with these variables; the trace it shows. */
export async function startOnce(env: Record<string, string>): Promise<{ traceId: string; spans: ReceivedSpan[] }> {
  const { code, stdout, stderr } = await runWord('start', ['--once', '--json'], {
    NEDLIA_DIRECTORY: aFolder(),
    PORT: '0',
    ...env,
  });
  assert.equal(code, 0, stderr);
  const { trace_id: traceId, spans } = JSON.parse(stdout) as { trace_id: string; spans: ReceivedSpan[] };
  return { traceId, spans };
}
