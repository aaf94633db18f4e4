import { REQUIRED } from '../../local/hops.ts';
import type { ReceivedSpan } from '../../local/collector/otlp.ts';

/** A span as the collector receives it; only what a test is about has to be said. */
export const receivedSpan = (about: Partial<ReceivedSpan> & { name: string; spanId: string }): ReceivedSpan => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  parentSpanId: undefined,
  traceState: undefined,
  kind: 'INTERNAL',
  service: 'nedlia-api',
  resource: {},
  attributes: {},
  startMs: 0,
  endMs: 1,
  status: { code: 'UNSET' },
  events: [],
  links: [],
  ...about,
});

/** The spans of a placement's whole trace, one for each required hop, parents first. */
export function wholeTrace(): ReceivedSpan[] {
  const open: string[] = [];
  return REQUIRED.trim()
    .split('\n')
    .map((line, index) => {
      const depth = line.search(/\S/) / 2;
      const spanId = index.toString(16).padStart(16, '0');
      open[depth] = spanId;
      return receivedSpan({
        name: line.trim(),
        spanId,
        parentSpanId: open[depth - 1],
        startMs: index,
        endMs: index + 1,
      });
    });
}
